"""The fusion patterns of the digits: what each learns from the embeddings of two encoders that stay as they are.

Every network is given image [n, WIDTH], audio [n, WIDTH] (zeros when absent) and present [n, 2], and gives logits [n, 10].  What a
modality says when it is alone is what its own head says, so that a missing one costs nothing; the network learns what having both adds,
with modalities dropped, so that it listens to both.  It learns on recordings that the encoder was trained on, which are heard better than
any that will come: so how much what each says alone and what was learned count (`balance`) is chosen on others, see digits_measure.balance.
"""
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from digits_encoders import WIDTH

CLASSES = 10


class Heads(nn.Module):
    """The two heads, fixed: the sum of what each present modality says."""

    def __init__(self, image, audio):
        super().__init__()
        self.image, self.audio = nn.Linear(WIDTH, CLASSES), nn.Linear(WIDTH, CLASSES)
        self.image.load_state_dict(image.head.state_dict()), self.audio.load_state_dict(audio.head.state_dict())
        for p in self.parameters(): p.requires_grad = False

    def forward(self, image, audio, present):
        return self.image(image) * present[:, :1] + self.audio(audio) * present[:, 1:]


def both(present):
    return present[:, :1] * present[:, 1:]


class Balanced(nn.Module):
    """What the heads say and what was learned, each as often as `balance` [3] says where both modalities are there."""

    def __init__(self, heads=None):
        super().__init__()
        self.heads, self.balance = heads, nn.Parameter(torch.ones(3), requires_grad=False)

    def alone(self, present):
        """[n, 2]: how much each head counts."""
        return present * (1 + both(present) * (self.balance[:2] - 1))

    def joined(self, image, audio, present, added):
        return self.heads(image, audio, self.alone(present)) + both(present) * self.balance[2] * added


class Early(Balanced):
    """Joined features through two layers."""

    def __init__(self, heads, hidden=96):
        super().__init__(heads)
        self.add = nn.Sequential(nn.Linear(2 * WIDTH, hidden), nn.ReLU(), nn.Dropout(0.2), nn.Linear(hidden, CLASSES))

    def forward(self, image, audio, present):
        return self.joined(image, audio, present, self.add(torch.cat([image, audio], 1)))


class Attention(Balanced):
    """Each modality asks the others and itself; what a query reads is added to it (Vaswani et al., 2017; one layer, four heads).
    Second output: how much each modality is looked at, a mean over queries and heads."""

    def __init__(self, heads, width=64, parts=4):
        super().__init__(heads)
        self.parts, self.width = parts, width
        self.into = nn.ModuleList(nn.Sequential(nn.Linear(WIDTH, width), nn.LayerNorm(width)) for _ in range(2))
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.out = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width), nn.ReLU(), nn.Dropout(0.2), nn.Linear(width, CLASSES))

    def forward(self, image, audio, present):
        x = torch.stack([self.into[0](image), self.into[1](audio)], 1)           # [n, 2, width]
        split = lambda y: y.reshape(-1, 2, self.parts, self.width // self.parts).transpose(1, 2)
        scores = split(self.query(x)) @ split(self.key(x)).transpose(2, 3) / (self.width // self.parts) ** 0.5
        share = torch.softmax(scores + (present[:, None, None, :] - 1) * 1e4, 3)  # [n, parts, 2, 2]
        read = (share @ split(self.value(x))).transpose(1, 2).reshape(-1, 2, self.width)
        there = present[:, :, None]
        pooled = ((x + read) * there).sum(1) / torch.clamp(there.sum(1), min=1)
        weights = (share.mean(1) * there).sum(1) / torch.clamp(there.sum(1), min=1)
        return self.joined(image, audio, present, self.out(pooled)), weights


class Stacked(Balanced):
    """From what the heads say: [n, 2, CLASSES + 1], log softmax and presence."""

    def __init__(self, hidden=32):
        super().__init__()
        self.add = nn.Sequential(nn.Linear(2 * CLASSES, hidden), nn.ReLU(), nn.Linear(hidden, CLASSES))

    def forward(self, said):
        logs, present = said[:, :, :CLASSES], said[:, :, CLASSES]
        return (logs * self.alone(present)[:, :, None]).sum(1) + both(present) * self.balance[2] * self.add(logs.flatten(1).exp())


class Gate(nn.Module):
    """[n, 3] logits: which of image, audio and joint is asked; an expert whose modality is absent never is."""

    def __init__(self, hidden=32):
        super().__init__()
        self.ask = nn.Sequential(nn.Linear(2 * WIDTH + 2, hidden), nn.ReLU(), nn.Linear(hidden, 3))

    def forward(self, image, audio, present):
        return self.ask(torch.cat([image, audio, present], 1))


class One(nn.Module):
    """An expert for one modality: its head."""

    def __init__(self, heads, which):
        super().__init__()
        self.heads, self.which = heads, which

    def forward(self, image, audio, present):
        only = torch.zeros_like(present)
        only[:, self.which] = 1
        return self.heads(image, audio, only) + 0 * present[:, :1]


class Experts(nn.Module):
    """A mixture of three, of which the two likeliest count (Shazeer et al., 2017)."""

    NEEDS = ((1, 0), (0, 1), (1, 1))

    def __init__(self, heads):
        super().__init__()
        self.gate, self.experts = Gate(), nn.ModuleList([One(heads, 0), One(heads, 1), Early(heads)])

    def forward(self, image, audio, present, top=2):
        allowed = torch.stack([((1 - torch.tensor(n, dtype=torch.float32)) + present).clamp(max=1).prod(1) for n in self.NEEDS], 1)
        gate = self.gate(image, audio, present) + (allowed - 1) * 1e4
        kept = gate >= gate.topk(top, 1).values[:, -1:]
        share = torch.softmax(torch.where(kept, gate, torch.full_like(gate, -1e4)), 1)
        share = share * allowed
        said = torch.stack([e(image, audio, present) for e in self.experts], 1)
        return (said * (share / share.sum(1, keepdim=True))[:, :, None]).sum(1)


def said(heads, image, audio, present):
    """What the heads say, as the late patterns are given it."""
    logs = torch.stack([F.log_softmax(heads.image(image), 1), F.log_softmax(heads.audio(audio), 1)], 1)
    return torch.cat([logs * present[:, :, None], present[:, :, None]], 2)


def late(heads, weights, image, audio, present):
    return (said(heads, image, audio, present)[:, :, :CLASSES] * weights[None, :, None]).sum(1)


def pairs(random, labels_image, labels_audio, count):
    """`count` pairs of an image and a sound of the same digit."""
    of_audio = [np.where(labels_audio == d)[0] for d in range(CLASSES)]
    chosen = random.integers(0, len(labels_image), count)
    digits = labels_image[chosen]
    heard = np.array([of_audio[d][random.integers(len(of_audio[d]))] for d in digits])
    return chosen, heard, digits


def fit(forward, parameters, image, audio, seed, steps=2500, size=256, rate=2e-3, progress=None):
    """Learns `parameters` on random pairs of (embeddings, labels), a fifth of them with one modality dropped."""
    random = np.random.default_rng(seed)
    optimiser = torch.optim.AdamW(parameters, rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for step in range(steps):
        i, a, y = pairs(random, image[1], audio[1], size)
        drop = random.random(size)
        present = torch.from_numpy(np.stack([drop > 0.1, drop < 0.9], 1).astype(np.float32))
        x, v = torch.from_numpy(image[0][i]).float(), torch.from_numpy(audio[0][a]).float()
        x, v = x * present[:, :1], v * present[:, 1:]
        found = forward(x, v, present)
        found = found[0] if isinstance(found, tuple) else found
        loss = F.cross_entropy(found, torch.from_numpy(y))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if progress and step % 500 == 499: progress(step + 1, loss.item())


def train(image_model, audio_model, image, audio, seed=1, steps=2500, log=print):
    """All patterns; `image` and `audio` are (embeddings [n, WIDTH], labels [n]) of training examples, good and bad."""
    torch.manual_seed(seed)
    heads = Heads(image_model, audio_model)
    weights = nn.Parameter(torch.tensor([1.0, 1.0]))
    stacked = Stacked()
    made = {'heads': heads, 'late': weights, 'stacked': stacked, 'early': Early(heads), 'attention': Attention(heads), 'experts': Experts(heads)}
    for number, (name, forward) in enumerate({
            'late': lambda i, a, p: late(heads, weights, i, a, p), 'stacked': lambda i, a, p: stacked(said(heads, i, a, p)),
            'early': made['early'], 'attention': made['attention'], 'experts': made['experts']}.items()):
        parameters = [weights] if name == 'late' else [p for p in made[name].parameters() if p.requires_grad]
        fit(forward, parameters, image, audio, seed + number, steps,
            progress=lambda step, loss, name=name: log('fusion: %s, step %d of %d, loss %.4f' % (name, step, steps, loss)))
    for model in made.values():
        if isinstance(model, nn.Module): model.eval()
    return made

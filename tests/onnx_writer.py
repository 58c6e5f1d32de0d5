"""ONNX files, as little of the format as tests of a server need (onnx.proto: ModelProto, GraphProto, NodeProto, ValueInfoProto)."""


def number(field, value):
    return bytes([field << 3]) + varint(value)


def varint(value):
    out = b''
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


def message(field, body):
    return bytes([field << 3 | 2]) + varint(len(body)) + body


def value_info(name, dtype, dims):
    shape = b''.join(message(1, message(2, d.encode()) if isinstance(d, str) else number(1, d)) for d in dims)
    return message(1, name.encode()) + message(2, message(1, number(1, dtype) + message(2, shape)))


def onnx(nodes, inputs, outputs, weights=()):
    """A model of nodes (operator, inputs, outputs); inputs and outputs are (name, ONNX number of the type, dimensions), weights
    (name, dimensions, f32 bytes)."""
    graph = b''.join(message(1, b''.join(message(1, i.encode()) for i in ins) + b''.join(message(2, o.encode()) for o in outs) + message(4, op.encode())) for op, ins, outs in nodes)
    graph += b''.join(message(5, b''.join(number(1, d) for d in dims) + number(2, 1) + message(8, name.encode()) + message(9, body)) for name, dims, body in weights)
    graph += message(2, b'g') + b''.join(message(11, value_info(*i)) for i in inputs) + b''.join(message(12, value_info(*o)) for o in outputs)
    return number(1, 8) + message(8, number(2, 13)) + message(7, graph)

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PlaitError, ResourceError, WorkerError } from '../build/errors.js'
import { Connection } from '../build/worker/connection.js'
import { inlineChannel } from '../build/worker/inline.js'

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** A connection to handlers in this thread, with the channels it was given. */
function connect(handlers, options = {}) {
  const channels = []
  const connection = new Connection({
    spawn() {
      const channel = inlineChannel((log) => ({ open: () => ({ result: 'open' }), ...handlers(log) }))
      channels.push(channel)
      return channel
    },
    open: (call) => call('open', {}),
    ...options,
  })
  return { connection, channels }
}

test('results and progress come back to the call they belong to', async () => {
  const seen = []
  const { connection, channels } = connect(() => ({
    double: (n, task) => (task.progress('half', 0.5), { result: 2 * n }),
  }))
  const jobs = [1, 2, 3].map((n) => connection.run((call) => call('double', n), { onProgress: (stage, fraction) => seen.push([n, stage, fraction]) }))
  assert.deepEqual(await Promise.all(jobs), [2, 4, 6])
  assert.deepEqual(seen, [[1, 'half', 0.5], [2, 'half', 0.5], [3, 'half', 0.5]]) // prettier-ignore
  assert.equal(channels.length, 1)
})

test('errors keep their class, code and sentence', async () => {
  const thrown = [new PlaitError('LIMIT', 'expected less'), new ResourceError('INTEGRITY', 'expected a digest'), new TypeError('odd'), 'text']
  const { connection } = connect(() => ({
    fail: (i) => {
      throw thrown[i]
    },
  }))
  const [limit, integrity, type, text] = await Promise.all(thrown.map((_, i) => connection.run((call) => call('fail', i)).catch((error) => error)))
  assert.ok(limit instanceof PlaitError && limit.code === 'LIMIT' && limit.message === 'expected less')
  assert.ok(integrity instanceof ResourceError && integrity.code === 'INTEGRITY' && integrity.name === 'ResourceError')
  assert.ok(type instanceof PlaitError && type.code === 'INTERNAL' && type.message === 'odd')
  assert.equal(text.message, 'text')
})

test('a call that the protocol does not have is refused', async () => {
  const { connection } = connect(() => ({}))
  for (const name of ['nothing', 'constructor', '__proto__']) await assert.rejects(connection.run((call) => call(name, {})), /expected a call of the protocol/)
})

test('jobs run one after the other, also when one has several calls', async () => {
  const order = []
  const { connection } = connect(() => ({
    step: async (name) => {
      order.push(`+${name}`)
      await wait(1)
      order.push(`-${name}`)
      return { result: undefined }
    },
  }))
  const job = (name) => connection.run(async (call) => (await call('step', `${name}1`), call('step', `${name}2`)))
  await Promise.all([job('a'), job('b')])
  assert.equal(order.join(' '), '+a1 -a1 +a2 -a2 +b1 -b1 +b2 -b2')
})

test('an abort reaches work in hand through shared memory, and the worker lives', async () => {
  let stopped = false
  const { connection, channels } = connect(() => ({
    long: async (_, task) => {
      while (!task.cancelled()) await wait(1)
      stopped = true
      throw new PlaitError('CANCELLED', 'stopped')
    },
    short: () => ({ result: 'next' }),
  }))
  const abort = new AbortController()
  const long = connection.run((call) => call('long'), { signal: abort.signal })
  setTimeout(() => abort.abort(), 5)
  await assert.rejects(long, { name: 'AbortError' })
  assert.equal(await connection.run((call) => call('short')), 'next')
  assert.ok(stopped)
  assert.equal(channels.length, 1)
})

test('where memory cannot be shared an abort ends the worker, and takes no other job with it', async () => {
  globalThis.crossOriginIsolated = false
  try {
    const { connection, channels } = connect(() => ({ long: () => new Promise(() => {}), short: () => ({ result: 'next' }) }))
    const abort = new AbortController()
    const long = connection.run((call) => call('long'), { signal: abort.signal })
    const next = connection.run((call) => call('short'))
    setTimeout(() => abort.abort(new Error('enough')), 5)
    await assert.rejects(long, /enough/)
    assert.equal(await next, 'next')
    assert.equal(channels.length, 2)
  } finally {
    delete globalThis.crossOriginIsolated
  }
})

test('a job that waits is aborted without a worker being touched', async () => {
  const { connection, channels } = connect(() => ({ slow: async () => (await wait(10), { result: 'slow' }) }))
  const abort = new AbortController()
  const first = connection.run((call) => call('slow'))
  const second = connection.run((call) => call('slow'), { signal: abort.signal })
  abort.abort()
  await assert.rejects(second, { name: 'AbortError' })
  assert.equal(await first, 'slow')
  assert.equal(channels.length, 1)
  await assert.rejects(connection.run((call) => call('slow'), { signal: AbortSignal.abort() }), { name: 'AbortError' })
})

test('when the worker dies every promise settles, and the next job starts another', async () => {
  const { connection, channels } = connect(() => ({ long: () => new Promise(() => {}), short: () => ({ result: 'again' }) }))
  const job = connection.run((call) => Promise.all([call('long'), call('long')]))
  setTimeout(() => channels[0].onDeath(new Error('out of memory')), 5)
  await assert.rejects(job, (error) => error instanceof WorkerError && error.code === 'WORKER' && /out of memory/.test(error.message))
  assert.equal(await connection.run((call) => call('short')), 'again')
  assert.equal(channels.length, 2)
})

test('a worker that fails to open is tried again at the next job', async () => {
  let tries = 0
  const { connection, channels } = connect(() => ({
    open: () => {
      if (tries++ === 0) throw new ResourceError('NETWORK', 'no network')
      return { result: 'open' }
    },
    short: () => ({ result: 'fine' }),
  }))
  await assert.rejects(connection.run((call) => call('short')), /no network/)
  assert.equal(await connection.run((call) => call('short')), 'fine')
  assert.equal(channels.length, 2)
})

test('close settles what waits and what comes after', async () => {
  const { connection } = connect(() => ({ long: () => new Promise(() => {}) }))
  const jobs = [1, 2].map(() => connection.run((call) => call('long')))
  setTimeout(() => connection.close(), 5)
  for (const job of [...jobs, connection.run((call) => call('long'))]) await assert.rejects(job, { code: 'CLOSED' })
  await assert.rejects(connection.run((call) => call('long')), { code: 'CLOSED' })
})

test('what cannot be sent is said, and the connection goes on', async () => {
  const { connection, channels } = connect(() => ({ echo: (x) => ({ result: x }) }))
  await connection.run(async () => {})
  const { post } = channels[0]
  channels[0].post = () => {
    throw new DOMException('a function could not be cloned', 'DataCloneError')
  }
  await assert.rejects(connection.run((call) => call('echo', () => {})), { code: 'INVALID' })
  channels[0].post = post
  assert.equal(await connection.run((call) => call('echo', 1)), 1)
})

test('log messages settle nothing', async () => {
  const lines = []
  const { connection } = connect((log) => ({ speak: () => (log('warning', 'careful'), { result: 1 }) }), { onLog: (...line) => lines.push(line) })
  assert.equal(await connection.run((call) => call('speak')), 1)
  assert.deepEqual(lines, [['warning', 'careful']])
})

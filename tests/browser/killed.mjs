// A worker that is killed settles every promise that waited for it, with a WorkerError, and the next call starts another.
import { join } from 'node:path'
import { bare, bring, check, chromium, firefox, native, open, root, same, sameDocument, sample, test } from './harness.mjs'

const file = 'kopitiam.jpg'
const expected = native(sample(file))

/** Every worker that the page starts from now on is in `window.workers`. */
const watchWorkers = () => {
  window.workers = []
  const { Worker } = window
  window.Worker = class extends Worker {
    constructor(...given) {
      super(...given)
      window.workers.push(this)
    }
  }
}

/** Kills the newest worker when the first reading is at work, with another one waiting. */
const killed = async ([file, when]) => {
  const { tools } = window
  let kill
  const reading = tools.read(file, { onProgress: ({ stage }) => { if (stage === when) kill?.() } })
  const waiting = tools.outcome(tools.read(file))
  kill = () => {
    kill = undefined
    window.workers.at(-1).terminate()
  }
  const first = await tools.outcome(reading)
  return { first, second: await waiting, workers: window.workers.length }
}

await test(async (ends) => {
  for (const isolated of [true, false]) {
    for (const [name, browser] of [['Chromium', chromium], ['Firefox', firefox]]) {
      const where = `${name}, ${isolated ? 'isolated' : 'not isolated'}`
      const { url, browser: launched } = await open(ends, { folders: [...bare, join(root, 'samples')], browser, isolated })
      const page = await bring(launched, url)
      await page.evaluate(watchWorkers)
      await page.evaluate(() => window.tools.open({ variant: 'wasm-simd' }))

      const { first, second, workers } = await page.evaluate(killed, [file, 'recognise'])
      same([first.error?.name, first.error?.code], ['WorkerError', 'WORKER'], `${where}: what was in hand`)
      check(second.value, `${where}: what waited is read by another worker, found ${JSON.stringify(second.error)}`)
      if (second.value) sameDocument(second.value, expected, `${where}: what waited`)
      same(workers, 2, `${where}: workers started`)

      // Killed while nothing is read: the next one does not even notice.
      await page.evaluate(() => window.workers.at(-1).terminate())
      await new Promise((resolve) => setTimeout(resolve, 2000))
      sameDocument(await page.evaluate((file) => window.tools.read(file), file), expected, `${where}: after one that was idle`)

      const { error } = await page.evaluate(async (file) => {
        const { tools } = window
        const reading = tools.outcome(tools.read(file))
        await tools.reader.close()
        return reading
      }, file)
      same([error?.typed, error?.code], [true, 'CLOSED'], `${where}: close() settles what waits`)
    }
  }
})

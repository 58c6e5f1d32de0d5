// Many documents, one after the other: the core's memory, the page's heap and the browser's process stay as they are.
//
//     node tests/browser/memory.mjs PLAIT ROOT [--documents N]     200 is what is promised; fewer are enough to see a leak
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { bare, bring, check, chromium, open, root, same, samples, test } from './harness.mjs'

const at = process.argv.indexOf('--documents')
const documents = at < 0 ? 40 : Number(process.argv[at + 1])
/** Read before anything is measured: memory grows to what the largest page takes, and to the plans that are kept. */
const warm = Math.max(2 * samples.length, documents >> 1)

const resident = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024
const mb = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`

await test(async (ends) => {
  const { url, browser } = await open(ends, { folders: [...bare, join(root, 'samples')] })
  const system = await browser.newBrowserCDPSession()
  const page = await bring(browser, url)
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable')

  const read = (count) => page.evaluate(async ([samples, count]) => {
    for (let i = 0; i < count; i++) await window.tools.read(samples[i % samples.length])
    return window.tools.reader.info.memoryBytes
  }, [samples, count])
  async function renderer() {
    const { processInfo } = await system.send('SystemInfo.getProcessInfo')
    return Math.max(...processInfo.filter((each) => each.type === 'renderer').map((each) => resident(each.id)))
  }
  async function measure(count) {
    const core = await read(count)
    await session.send('HeapProfiler.collectGarbage')
    const { metrics } = await session.send('Performance.getMetrics')
    return { core, heap: metrics.find((each) => each.name === 'JSHeapUsedSize').value, process: await renderer() }
  }

  const before = await measure(warm)
  const after = await measure(documents)
  for (const [when, { core, heap, process }] of [[`after ${warm}`, before], [`after ${warm + documents}`, after]])
    console.log(`${when} documents: core ${mb(core)}, page's heap ${mb(heap)}, renderer ${mb(process)}`)
  same(after.core, before.core, 'memory of the core')
  check(after.core <= 256 << 20, `the core's memory is below its ceiling, found ${mb(after.core)}`)
  // Room for compiled code and caches of the engine, which settle; a page's pixels leaked once a document are 1.4 MB.
  check(after.heap - before.heap <= 2e6, `the page's heap: expected about ${mb(before.heap)}, found ${mb(after.heap)}`)
  check(after.process - before.process <= 40e6, `the renderer: expected about ${mb(before.process)}, found ${mb(after.process)}`)

  await page.evaluate(() => window.tools.reader.close())
  let left = after.process
  for (let i = 0; i < 60 && left > after.process - after.core / 2; i++) {
    await new Promise((resolve) => setTimeout(resolve, 500)) // the engine frees it when it likes
    left = await renderer()
  }
  console.log(`closed: renderer ${mb(left)}`)
  check(left <= after.process - after.core / 2, `close() gives the memory back: expected ${mb(after.core)} less than ${mb(after.process)}, found ${mb(left)}`)

  // A ceiling that is too low for a page is an error, and not the end.
  const { error } = await page.evaluate(async () => {
    const { tools } = window
    return tools.outcome(tools.open({ memoryLimit: 32 << 20 }).then(() => tools.read('kopitiam.jpg')))
  })
  same([error?.typed, error?.code], [true, 'MEMORY'], 'a ceiling of 32 MiB')
})

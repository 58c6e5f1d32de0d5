// Every build in both browsers, in pages that are isolated and pages that are not; and what is said of the choice.
import { join } from 'node:path'
import { bare, bring, check, chromium, firefox, native, open, root, same, sameDocument, sample, test } from './harness.mjs'

const file = 'kopitiam.jpg'
const expected = native(sample(file))
const variants = ['wasm-simd', 'wasm-threads', 'wasm-relaxed', 'wasm-relaxed-threads']

async function inPage(ends, name, browser, isolated) {
  const where = `${name}, ${isolated ? 'isolated' : 'not isolated'}`
  const { url, browser: launched } = await open(ends, { folders: [...bare, join(root, 'samples')], browser, isolated })
  const page = await bring(launched, url)
  same(await page.evaluate(() => crossOriginIsolated), isolated, `${where}: crossOriginIsolated`)

  for (const variant of variants) {
    const threads = variant.endsWith('threads') ? 2 : 1
    const { value: info, error } = await page.evaluate((options) => window.tools.outcome(window.tools.open(options)), { variant, threads })
    if (threads > 1 && !isolated) {
      check(error?.typed && error.code === 'UNSUPPORTED' && /isolated/.test(error.message), `${where}, ${variant}: refused in words, found ${JSON.stringify(error)}`)
      continue
    }
    same([error, info?.variant, info?.threads], [undefined, variant, threads], `${where}, ${variant}`)
    if (info) sameDocument(await page.evaluate((file) => window.tools.read(file), file), expected, `${where}, ${variant}`)
  }

  // While the page has no time: Firefox starts a worker's own workers only by luck then.
  for (let turn = 0; turn < (isolated ? 5 : 0); turn++) {
    const info = await page.evaluate(async () => {
      const busy = setInterval(() => {
        const end = performance.now() + 150
        while (performance.now() < end);
      }, 5)
      try {
        return await window.tools.open({ variant: 'wasm-threads', threads: 2 })
      } finally {
        clearInterval(busy)
      }
    })
    same(info.threads, 2, `${where}: threads of a busy page`)
  }

  // Without being told: the best there is, and why.
  const info = await page.evaluate(() => window.tools.open({ threads: 2 }))
  same(info.variant, isolated ? 'wasm-relaxed-threads' : 'wasm-relaxed', `${where}: the choice`)
  same(info.threads, isolated ? 2 : 1, `${where}: threads of the choice`)
  const said = info.reasons.join('; ')
  check(/relaxed SIMD: the engine has it/.test(said), `${where}: relaxed SIMD in the reasons, found ${said}`)
  same(/not cross-origin isolated/.test(said), !isolated, `${where}: isolation in the reasons`)
  sameDocument(await page.evaluate((file) => window.tools.read(file), file), expected, `${where}, by choice`)
}

await test(async (ends) => {
  for (const isolated of [true, false]) {
    await inPage(ends, 'Chromium', chromium, isolated)
    await inPage(ends, 'Firefox', firefox, isolated)
  }
})

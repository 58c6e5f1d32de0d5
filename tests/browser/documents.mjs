// Receipts to fields in Chromium and in Firefox, as the native command reads them; no request goes anywhere else.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { bare, bring, check, chromium, firefox, native, open, receipts, root, sameDocument, sample, samples, test } from './harness.mjs'

// Real ones where they are; a few are enough, all of them are what tests/wasm/parity.py and `plait eval` are for.
const real = existsSync(receipts) ? readdirSync(receipts).filter((name) => name.endsWith('.jpg')).slice(0, 4) : []
const files = [...samples.map(sample), ...real.map((name) => join(receipts, name))]
const expected = new Map(files.map((file) => [file, native(file)]))

async function reads(ends, name, browser) {
  const { url, browser: launched } = await open(ends, { folders: [...bare, join(root, 'samples'), receipts], browser })
  const page = await bring(launched, url)
  const info = await page.evaluate(() => window.tools.open())
  check(info.crossOriginIsolated && info.variant.endsWith('threads') === (info.threads > 1), `${name}: isolated, found ${JSON.stringify(info)}`)
  console.log(`${name}: ${info.variant}, ${info.threads} threads`)
  for (const file of files) {
    const document = await page.evaluate((name) => window.tools.read(name), file.split('/').at(-1))
    sameDocument(document, expected.get(file), `${name}, ${file.split('/').at(-1)}`)
  }
}

await test(async (ends) => {
  await reads(ends, 'Chromium', chromium)
  await reads(ends, 'Firefox', firefox)
})

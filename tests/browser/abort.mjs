// A reading that is aborted in the middle of a page rejects with the signal's reason, and the reader reads on.
import { join } from 'node:path'
import { bare, bring, check, chromium, firefox, native, open, root, same, sameDocument, sample, test } from './harness.mjs'

const file = 'kopitiam.jpg'
const expected = native(sample(file))

async function inPage(ends, name, browser, isolated) {
  const where = `${name}, ${isolated ? 'isolated' : 'not isolated'}`
  const { url, browser: launched } = await open(ends, { folders: [...bare, join(root, 'samples')], browser, isolated })
  const page = await bring(launched, url)
  await page.evaluate(() => window.tools.open())

  for (const stage of ['detect', 'recognise']) {
    const { error, seen, lost, again } = await page.evaluate(async ([file, stage]) => {
      const { tools } = window
      const controller = new AbortController()
      const seen = []
      const reading = tools.read(file, {
        signal: controller.signal,
        onProgress: (progress) => {
          seen.push(progress.stage)
          if (progress.stage === stage) controller.abort(new DOMException('enough', 'AbortError'))
        },
      })
      const next = tools.outcome(tools.read(file)) // waits its turn, and is not to be taken along
      const { error } = await tools.outcome(reading)
      const lost = seen.slice(seen.indexOf(stage)).some((each) => each === 'heads')
      return { error, seen, lost, again: await next }
    }, [file, stage])
    same([error?.name, error?.message], ['AbortError', 'enough'], `${where}: aborted at ${stage}`)
    check(seen.includes(stage) && !lost, `${where}: it ended in the middle, found the stages ${seen}`)
    check(again.value, `${where}: the one after it, found ${JSON.stringify(again.error)}`)
    if (again.value) sameDocument(again.value, expected, `${where}: the one after it`)
  }

  const { error } = await page.evaluate((file) => window.tools.outcome(window.tools.read(file, { signal: AbortSignal.abort() })), file)
  same(error?.name, 'AbortError', `${where}: aborted before it began`)
}

await test(async (ends) => {
  for (const isolated of [true, false]) {
    await inPage(ends, 'Chromium', chromium, isolated)
    await inPage(ends, 'Firefox', firefox, isolated)
  }
})

// What a person confirms lasts: it is read with after a reload, exported, forgotten for good, brought back, and made anew where
// another version kept it; in Chromium and in Firefox, and on the page.
import { bare, bring, check, chromium, firefox, open, root, same, sample, test, web } from './harness.mjs'
import { join } from 'node:path'

async function remembers(ends, browser, launch) {
  const { url, browser: launched } = await open(ends, { folders: [...bare, join(root, 'samples')], browser: launch })
  const page = await bring(launched, url)
  const is = (found, expected, what) => same(found, expected, `${browser}: ${what}`)
  const read = () => page.evaluate(async () => {
    const { fields, path } = await window.tools.read('kopitiam.jpg')
    return { company: fields.company.value, total: fields.total.value, remembered: path.some(({ step }) => step === 'retrieval') }
  })
  async function reload() {
    await page.reload()
    await page.waitForFunction(() => globalThis.tools)
    await page.evaluate(() => window.tools.open())
  }
  const count = () => page.evaluate(() => window.tools.reader.memory.count())
  const bringBack = (lines) => page.evaluate((lines) => window.tools.outcome(window.tools.reader.memory.import(lines)), lines)

  const before = await read()
  const after = { ...before, company: `${before.company.toLowerCase()}.`, remembered: true } // as a person may write it
  check(!before.remembered, `${browser}: nothing is remembered at first: ${JSON.stringify(before)}`)
  const id = await page.evaluate(async (company) => window.tools.reader.confirm(await window.tools.read('kopitiam.jpg'), { company }), after.company)
  check(/^[0-9a-f]{16}$/.test(id), `${browser}: it has a name, found ${id}`)
  is(await read(), after, 'the next one of the shop')

  await reload()
  is(await read(), after, 'after a reload')
  is(await count(), 1, 'documents that are remembered')
  const lines = await page.evaluate(() => window.tools.reader.memory.export())
  is(JSON.parse(lines).id, id, 'what is exported')

  await page.evaluate((id) => window.tools.reader.memory.forget(id), id)
  is(await read(), before, 'forgotten')
  const again = await page.evaluate((id) => window.tools.outcome(window.tools.reader.memory.forget(id)), id)
  is(again.error?.code, 'NOT_FOUND', 'there is nothing more to forget')
  await reload()
  is(await read(), before, 'forgotten for good')
  is(await count(), 0, 'nothing is left')

  is((await bringBack(`${lines}{"schema":"strange"}`)).error?.code, 'UNSUPPORTED', 'a strange line is refused')
  is([await count(), await read()], [0, before], 'and nothing of the file was taken')
  is((await bringBack(lines)).value, 1, 'how many were brought back')
  await reload()
  is(await read(), after, 'brought back')

  // As another version looked at pages: this one looks again, at once and whenever it starts.
  const old = { ...JSON.parse(lines), embedding_schema: 'page/0', embedding: [1] }
  await page.evaluate(() => window.tools.reader.memory.forget())
  is((await bringBack(JSON.stringify(old))).value, 1, 'a document of another version')
  is(await read(), after, 'of another version')
  await reload()
  is([await count(), await read()], [1, after], 'of another version, after a reload')

  // One that another tab confirmed can be forgotten here.
  await page.evaluate(() => window.tools.reader.memory.forget())
  await page.evaluate(async (lines) => {
    const other = await window.plait.createPlait()
    await other.memory.import(lines)
    await other.close()
  }, lines)
  is([await count(), await read()], [1, before], 'what another tab confirmed is used from the next start on')
  is((await page.evaluate((id) => window.tools.outcome(window.tools.reader.memory.forget(id)), id)).error, undefined, 'but can be forgotten')
  is(await count(), 0, 'and is')

  await bringBack(lines)
  await page.evaluate(() => window.tools.open({ remember: false }))
  is(await read(), before, 'a reader that shall not remember')
  is([await count(), (await bringBack(lines)).error?.code], [0, 'UNSUPPORTED'], 'and does not')
  await page.evaluate(() => window.tools.open())
  is(await read(), after, 'one that shall')
  await page.evaluate(() => window.tools.reader.memory.forget())
  is([await count(), await read()], [0, before], 'everything is forgotten')
}

/** The page: two corrections of one document are one memory, read with after a reload; all can be forgotten. */
async function pageRemembers(ends) {
  const { url, browser } = await open(ends, { folders: [web] })
  const page = await browser.newPage()
  page.setDefaultTimeout(120_000)
  async function read() {
    await page.goto(url)
    await page.locator('input[type=file]').first().setInputFiles(sample('kopitiam.jpg'))
    await page.locator('.field').first().waitFor()
    return Object.fromEntries(await Promise.all(['company', 'address'].map(async (name) => [name, await page.locator(`.field[data-field=${name}] .value`).innerText()])))
  }
  async function correct(name, value, count) {
    await page.locator(`.field[data-field=${name}] .value`).click()
    await page.keyboard.press('Control+A')
    await page.keyboard.type(value)
    await page.keyboard.press('Enter')
    await page.waitForFunction((count) => document.body.innerText.split('Corrected by you').length - 1 === count, count)
  }
  async function about() {
    await page.getByRole('button', { name: 'On this device: details' }).click()
    const dialog = page.locator('dialog.about')
    await dialog.getByText('Remembered', { exact: true }).waitFor()
    return dialog
  }
  const before = await read()
  const after = Object.fromEntries(Object.entries(before).map(([name, value]) => [name, `${value.toLowerCase()}.`]))
  check(/nothing/.test(await (await about()).innerText()), 'the page remembers nothing at first')
  await page.keyboard.press('Escape')
  await correct('company', after.company, 1)
  await correct('address', after.address, 2)
  await page.waitForFunction(() => new Promise((resolve) => {
    const opening = indexedDB.open('plait')
    opening.onsuccess = () => {
      const all = opening.result.transaction('memory').objectStore('memory').getAll()
      all.onsuccess = () => (opening.result.close(), resolve(all.result.some(({ line }) => JSON.parse(line).fields.address.value.endsWith('.'))))
    }
  }))
  same(await read(), after, 'the page: both corrections, the next time')
  const dialog = await about()
  await dialog.getByText('one document you corrected').waitFor()
  await dialog.getByRole('button', { name: 'Forget all' }).click()
  await dialog.getByText('nothing: what you correct').waitFor()
  same(await read(), before, 'the page: all is forgotten')
}

await test(async (ends) => {
  await remembers(ends, 'Chromium', chromium)
  await pageRemembers(ends)
  await remembers(ends, 'Firefox', firefox)
})

// The page in Firefox: chosen, read as the native command reads, linked both ways, corrected; on a host that sets no headers it is
// isolated by its service worker, and reads with the host gone.
import { check, firefox, native, same, sample, serve, test, web } from './harness.mjs'

const file = 'kopitiam.jpg'
const expected = native(sample(file))

async function read(page) {
  const input = await page.waitForSelector('input[type=file]')
  await input.uploadFile(sample(file))
  await page.waitForSelector('.field[data-field=total]')
  await page.waitForSelector('.sheet img')
  return page.evaluate(() => Object.fromEntries([...document.querySelectorAll('.field')].map((field) =>
    [field.dataset.field, [field.innerText, Number(field.querySelector('meter')?.getAttribute('value'))]])))
}

/** What was confirmed before makes other values surer. */
function sameFields(found, what, remembered = false) {
  for (const [name, { value, confidence }] of Object.entries(expected.fields)) {
    if (value === null) continue
    const [text, meter] = found[name] ?? ['', 0]
    check(text.includes(value) && (remembered || Math.abs(meter - confidence) <= 1e-3), `${what}: ${name}: expected ${value} (${confidence}), found ${text} (${meter})`)
  }
}

await test(async (ends) => {
  const server = await serve(web, { isolated: false })
  const browser = await firefox()
  ends(() => browser.close())
  const page = await browser.newPage()
  await page.setViewport({ width: 1280, height: 860 })
  page.setDefaultTimeout(120_000)
  await page.goto(server.url)
  await page.waitForFunction(() => globalThis.crossOriginIsolated && document.querySelector('.target'))
  sameFields(await read(page), 'read')

  await page.hover('.field[data-field=total]')
  await page.waitForSelector('.box.here[data-field=total]')
  await page.hover('.box[data-field=date]')
  await page.waitForSelector('.field.here[data-field=date]')
  await page.click('.field[data-field=total] .value')
  await page.keyboard.type('77.70')
  await page.keyboard.press('Enter')
  await page.waitForSelector('.field[data-field=total] .badge.good')
  check(/77\.70/.test(await page.$eval('.field[data-field=total]', (field) => field.innerText)), 'what was corrected')

  await page.waitForFunction(() => /ready: it works without a network/.test(document.querySelector('dialog.about').textContent))
  await server.close()
  await page.reload()
  same(await page.evaluate(() => crossOriginIsolated), true, 'isolated with the host gone')
  sameFields(await read(page), 'read with the host gone', true)
})

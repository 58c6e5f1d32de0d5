// The page by keyboard alone: in, through the fields, to their places and back, correct, copy, put away.
import { check, native, open, same, sample, test } from './harness.mjs'

const file = 'kopitiam.jpg'

await test(async (ends) => {
  const { url, browser } = await open(ends)
  const context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] })
  const page = await context.newPage()
  page.setDefaultTimeout(60_000)
  await page.goto(url)
  await page.getByRole('button', { name: 'Choose files' }).waitFor()

  const focused = () => page.evaluate(() => {
    const element = document.activeElement
    return element?.getAttribute('aria-label') ?? element?.textContent?.trim() ?? ''
  })
  const visible = () => page.evaluate(() => {
    const element = document.activeElement
    const { outlineStyle, strokeWidth } = getComputedStyle(element)
    return element.matches(':focus-visible') && (outlineStyle !== 'none' || (element instanceof SVGElement && parseFloat(strokeWidth) > 3))
  })
  /** Goes on with Tab until what has the focus is called like this. */
  async function tabTo(name, key = 'Tab') {
    for (let i = 0; i < 80; i++) {
      await page.keyboard.press(key)
      if (name.test(await focused())) return check(await visible(), `${name}: its focus can be seen`)
    }
    throw new Error(`${name}: expected to reach it with ${key}, the last was ${await focused()}`)
  }

  await tabTo(/^Skip to/)
  const choosing = page.waitForEvent('filechooser')
  await tabTo(/^Choose files/)
  await page.keyboard.press('Enter')
  await (await choosing).setFiles(sample(file))
  await page.locator('.field').first().waitFor({ timeout: 120_000 })
  same(await page.locator('#announcer').innerText().then((text) => text.includes(file)), true, 'a screen reader is told that it is read')

  // A field and its place on the page know each other.
  const expected = native(sample(file))
  await tabTo(/^Total: .*Correct it$/)
  same(await page.locator('.viewer .box.here').getAttribute('data-field'), 'total', 'from the list to the page')
  await tabTo(/^Total: /, 'Shift+Tab') // the box on the page, which comes before the list
  same(await page.locator('.field.here').getAttribute('data-field'), 'total', 'from the page to the list')
  await page.keyboard.press('Enter')
  check(/^Total: .*Correct it$/.test(await focused()), `Enter on a place goes to its field, found ${await focused()}`)

  // Correct, leave, correct, take back.
  await page.keyboard.press('Enter')
  await page.keyboard.type('99.90')
  await page.keyboard.press('Escape')
  check((await focused()).includes(expected.fields.total.value), `Escape leaves the value as it was, found ${await focused()}`)
  await page.keyboard.press('Enter')
  await page.keyboard.type('99.90')
  await page.keyboard.press('Enter')
  await page.locator('.field[data-field=total] .badge.good').waitFor()
  check((await focused()).includes('99.90'), `the corrected value has the focus, found ${await focused()}`)
  await tabTo(/^Take back/)
  await page.keyboard.press('Space')
  await page.locator('.field[data-field=total] meter').waitFor()

  // Zoom without a mouse.
  await page.locator('.scroller').focus()
  await page.keyboard.press('+')
  same(await page.locator('.level').innerText(), '125 %', 'plus enlarges')
  await page.keyboard.press('0')
  same(await page.locator('.level').innerText(), '100 %', '0 fits the page')

  await tabTo(/^Copy CSV of the fields/)
  await page.keyboard.press('Enter')
  await page.getByText('Copied').waitFor()
  const csv = await page.evaluate(() => navigator.clipboard.readText())
  check(csv.split('\r\n')[0] === 'field,value,confidence,corrected' && csv.includes(`total,${expected.fields.total.value},`), `CSV, found ${csv}`)

  await tabTo(/^On this device/, 'Shift+Tab')
  await page.keyboard.press('Enter')
  await page.locator('dialog.about[open]').waitFor()
  await page.keyboard.press('Escape')
  same(await page.locator('dialog.about[open]').count(), 0, 'Escape closes what opened')
  check(/^On this device/.test(await focused()), 'and the focus is where it was')

  await tabTo(new RegExp(`^Put ${file} away`))
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: /Drop a receipt/ }).waitFor()
})

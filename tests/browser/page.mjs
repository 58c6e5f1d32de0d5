// The page: several documents at once, dropped and pasted; boxes and list, zoom, evidence, why null, corrections, tables, copies, progress.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PDFDocument, StandardFonts } from 'pdf-lib'
import { check, native, open, same, sample, samples, temporaryFolder, test } from './harness.mjs'

/** A PDF with two pages: a receipt that was scanned, and a table with a head. */
async function report(file) {
  const pdf = await PDFDocument.create()
  const font = await pdf.embedFont(StandardFonts.Helvetica)
  const picture = await pdf.embedJpg(readFileSync(sample('kopitiam.jpg')))
  const [width, height] = [picture.width * 0.48, picture.height * 0.48]
  pdf.addPage([width, height]).drawImage(picture, { x: 0, y: 0, width, height })
  const page = pdf.addPage([400, 300])
  const rows = [['Item', 'Count', 'Price'], ['Paper, white', '12', '3.50'], ['Ink "black"', '2', '18.00'], ['Pens', '40', '0.90'], ['Staples', '', '1.25']]
  rows.forEach((row, r) => row.forEach((text, c) => page.drawText(text, { x: 40 + 130 * c, y: 250 - 24 * r, size: 11, font })))
  writeFileSync(file, await pdf.save())
}

async function sameFields(page, document) {
  for (const [name, field] of Object.entries(document.fields)) {
    const card = page.locator(`.field[data-field="${name}"]`)
    const text = await card.innerText()
    if (field.value === null) {
      check(/uncertain|does not seem|contradict|sense/.test(await card.locator('.why').first().innerText()), `${name}: why there is nothing, found ${text}`)
      continue
    }
    check(text.includes(field.value), `${name}: ${field.value}, found ${text}`)
    const meter = Number(await card.locator('meter').getAttribute('value'))
    check(Math.abs(meter - field.confidence) <= 1e-3, `${name}: confidence bar ${field.confidence}, found ${meter}`)
    check(await card.locator('.legend li').count() > 0, `${name}: evidence by modality`)
  }
}

await test(async (ends) => {
  const folder = temporaryFolder(ends)
  await report(join(folder, 'report.pdf'))
  writeFileSync(join(folder, 'broken.jpg'), 'no picture')
  const { url, browser } = await open(ends)
  const context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'], viewport: { width: 1280, height: 860 } })
  const page = await context.newPage()
  page.setDefaultTimeout(120_000)
  await page.goto(url)
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText())

  // Dropped, several at once.
  const files = [sample(samples[0]), sample(samples[1]), join(folder, 'report.pdf'), join(folder, 'broken.jpg')]
  const carried = files.map((file) => [file.split('/').at(-1), readFileSync(file).toString('base64')])
  await page.evaluate((carried) => {
    const data = new DataTransfer()
    for (const [name, base64] of carried) data.items.add(new File([Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0))], name))
    const drop = (type) => document.querySelector('.target').dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }))
    drop('dragenter'), drop('dragover'), drop('drop')
  }, carried)
  const stages = await page.evaluate(() => new Promise((resolve) => {
    const seen = new Set()
    const watch = setInterval(() => {
      const caption = document.querySelector('.progress .caption')
      if (caption) seen.add(caption.textContent)
      if (document.querySelector('.field')) clearInterval(watch), resolve([...seen])
    }, 10)
  }))
  check(stages.length >= 2, `a bar with the stage, found ${stages}`)
  same(await page.locator('.card .name').allInnerTexts(), carried.map(([name]) => name), 'the shelf')

  // What was read: as the native command reads it; of the first two samples one has a field that is not stated.
  const expected = native(sample(samples[0]))
  await sameFields(page, expected)
  const second = native(sample(samples[1]))
  check(Object.values(second.fields).some((field) => field.value === null), 'the second sample has a field that is not stated')
  await page.locator('.card', { hasText: samples[1] }).click()
  await page.locator('.field').first().waitFor()
  await sameFields(page, second)
  await page.locator('.card').first().click()
  check(/relaxed SIMD/.test(await page.locator('dialog.about').evaluate((dialog) => dialog.textContent)), 'which build runs')
  check(/Read in \d/.test(await page.getByText(/^Read in/).innerText()), 'how long it took')

  // Both ways: a pointer over a field lights its place, one over a place lights its field.
  await page.locator('.field[data-field=total]').hover()
  same(await page.locator('.box.here').getAttribute('data-field'), 'total', 'from the list to the page')
  await page.locator('.box[data-field=date]').hover()
  same(await page.locator('.field.here').getAttribute('data-field'), 'date', 'from the page to the list')

  // The place on the screen is that of the picture, at any zoom.
  const placed = async () => {
    const box = await page.locator('.box[data-field=total]').boundingBox()
    const sheet = await page.locator('.sheet').boundingBox()
    return [(box.x - sheet.x) / sheet.width, (box.y - sheet.y) / sheet.height]
  }
  const [[x, y]] = expected.fields.total.polygon
  const { width, height } = expected.pages[0]
  const near = ([a, b]) => Math.hypot(a - x / width, b - y / height) < 0.02
  check(near(await placed()), 'the box is where the value is')
  const before = (await page.locator('.sheet').boundingBox()).width
  await page.getByRole('button', { name: 'Larger' }).click()
  await page.getByRole('button', { name: 'Larger' }).click()
  check((await page.locator('.sheet').boundingBox()).width > 1.5 * before && near(await placed()), 'zoom takes the box along')
  await page.getByRole('button', { name: 'Fit the page' }).click()

  // A correction stays on the device, and goes with what is copied.
  await page.locator('.field[data-field=total] .value').click()
  await page.keyboard.type('77.70')
  await page.getByRole('button', { name: 'Keep' }).click()
  await page.getByText('Corrected by you').waitFor()
  await page.getByRole('button', { name: 'Copy CSV of the fields' }).click()
  check((await clipboard()).split('\r\n').some((line) => /^total,77\.70,[\d.]+,yes$/.test(line)), 'CSV with the correction')
  await page.getByRole('button', { name: 'Copy JSON of everything' }).click()
  const copied = JSON.parse(await clipboard())
  same([copied.schema, copied.corrections, copied.fields.total.value], ['plait.document/1', { total: '77.70' }, expected.fields.total.value], 'JSON')
  const kept = await page.evaluate(() => new Promise((resolve) => {
    const opening = indexedDB.open('plait')
    opening.onsuccess = () => {
      const all = opening.result.transaction('feedback').objectStore('feedback').getAll()
      all.onsuccess = () => resolve(all.result.map((each) => each.corrections))
    }
  }))
  same(kept.at(-1)?.total?.value, '77.70', 'what IndexedDB keeps')

  // The PDF: two pages, one of them with a table.
  await page.locator('.card', { hasText: 'report.pdf' }).click()
  await page.locator('.table').first().waitFor()
  same(await page.locator('.sheet img').count(), 2, 'pages of the PDF')
  const table = page.locator('.table').last()
  same(await table.locator('tr').first().locator('th, td').allInnerTexts(), ['Item', 'Count', 'Price'], 'the head of the table')
  check(await table.locator('td.amount').count() >= 6, 'numbers are aligned')
  same(await table.locator('tr').last().locator('td').allInnerTexts(), ['Staples', '', '1.25'], 'an empty cell keeps its place')
  await table.getByRole('button', { name: /as CSV/ }).click()
  const csv = await clipboard()
  check(csv.includes('"Paper, white",12,3.50\r\n') && csv.includes('"Ink ""black""",2,18.00\r\n'), `table as CSV, found ${csv}`)
  await table.getByRole('button', { name: /as JSON/ }).click()
  same(JSON.parse(await clipboard())[3], ['Pens', '40', '0.90'], 'table as JSON')

  // The broken one is a sentence, and stands in nobody's way.
  await page.locator('.card', { hasText: 'broken.jpg' }).click()
  check(/cannot read|damaged/.test(await page.getByRole('alert').innerText()), 'a broken file in words')

  // Pasted.
  await page.evaluate(([name, base64]) => {
    const data = new DataTransfer()
    data.items.add(new File([Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0))], `pasted-${name}`, { type: 'image/jpeg' }))
    document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))
  }, carried[0])
  await page.locator('.card', { hasText: 'pasted-' }).waitFor()
  await page.locator('.field[data-field=total]').waitFor()

  // Cancelled, and read again.
  await page.locator('input[type=file]').first().setInputFiles(sample(samples[3]))
  await page.getByRole('button', { name: 'Cancel' }).click()
  await page.getByText('You cancelled this one.').waitFor()
  await page.getByRole('button', { name: 'Read it again' }).click()
  await page.locator('.field').first().waitFor()
})

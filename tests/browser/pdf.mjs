// PDFs: with a text layer, scanned, of many pages; progress, chosen pages, and the drawn pages to look at.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PDFDocument, StandardFonts } from 'pdf-lib'
import { bare, bring, check, chromium, firefox, native, open, same, sample, temporaryFolder, test } from './harness.mjs'

const truth = (name) => JSON.parse(readFileSync(sample(name.replace(/\.\w+$/, '.json'))))
/** Points of a page for a pixel of the picture it is made of. */
const scale = 72 / 150

/** The words of a sample where they stand, in Helvetica. */
async function typed(pdf, name) {
  const { width, height, lines } = truth(name)
  const font = await pdf.embedFont(StandardFonts.Helvetica)
  const page = pdf.addPage([width * scale, height * scale])
  for (const { box: [x0, y0, x1, y1], text } of lines) {
    const wide = font.widthOfTextAtSize(text, 1)
    const size = Math.min((y1 - y0) * scale, (x1 - x0) * scale / wide)
    page.drawText(text, { x: x0 * scale, y: (height - y1) * scale + size * 0.2, size, font })
  }
}

/** A sample as a scanner would leave it: a picture and nothing else. */
async function scanned(pdf, name) {
  const bytes = readFileSync(sample(name))
  const image = await (name.endsWith('.png') ? pdf.embedPng(bytes) : pdf.embedJpg(bytes))
  const [width, height] = [image.width * scale, image.height * scale]
  pdf.addPage([width, height]).drawImage(image, { x: 0, y: 0, width, height })
}

async function make(folder, name, ...pages) {
  const pdf = await PDFDocument.create()
  for (const [kind, sample] of pages) await kind(pdf, sample)
  writeFileSync(join(folder, name), await pdf.save())
  return join(folder, name)
}

const read = (page, name, options) => page.evaluate(async ([name, options]) => {
  const pages = []
  const progress = []
  const document = await window.tools.read(name, {
    ...options,
    onPage: ({ index, width, height, textLayer, image }) => pages.push({ index, width, height, textLayer, type: image.type, bytes: image.size }),
    onProgress: (each) => progress.push(each),
  })
  return { document, pages, progress }
}, [name, options])

function sameTotals(document, expected, what) {
  for (const name of ['date', 'total']) same(document.fields[name].value, expected.fields[name].value, `${what}: ${name}`)
}

async function inBrowser(ends, name, browser, folder) {
  const { url, browser: launched } = await open(ends, { folders: [...bare, folder], browser })
  const page = await bring(launched, url)
  const loaded = () => page.evaluate(() => performance.getEntriesByType('resource').some((entry) => /pdf\.js$|fonts\.pack$/.test(entry.name)))
  await page.evaluate(() => window.tools.open())
  same(await loaded(), false, `${name}: pdf.js is not loaded before a PDF comes`)

  const typed = await read(page, 'typed.pdf')
  same(typed.pages.map((each) => [each.index, each.textLayer, each.type]), [[0, true, 'image/png']], `${name}, text layer: its page`)
  same(typed.document.source.media_type, 'application/pdf', `${name}, text layer: media type`)
  same(typed.document.pages[0].lines.map((line) => line.text).sort(), truth('kopitiam.jpg').lines.map((line) => line.text.replace(/\s+/g, ' ')).sort(), `${name}, text layer: its words`)
  sameTotals(typed.document, native(join(folder, 'typed.pdf')), `${name}, text layer, against native`)
  check(typed.document.modalities.image.present, `${name}, text layer: the drawn page is the image modality`)
  const { width, height } = typed.pages[0]
  same([typed.document.pages[0].width, typed.document.pages[0].height], [width, height], `${name}: places are pixels of the drawn page`)

  const scanned = await read(page, 'scanned.pdf')
  same(scanned.pages.map((each) => each.textLayer), [false], `${name}, scanned: no text layer`)
  sameTotals(scanned.document, native(sample('hardware.jpg')), `${name}, scanned, against the picture itself`)

  const many = await read(page, 'many.pdf')
  same(many.document.pages.length, 4, `${name}, many: pages read`)
  same(many.pages.map((each) => each.textLayer), [true, false, true, false], `${name}, many: which have words`)
  const fractions = many.progress.map((each) => each.fraction)
  check(fractions.every((each, i) => i === 0 || each >= fractions[i - 1]), `${name}, many: progress never falls, found ${fractions}`)
  same([fractions.at(0), fractions.at(-1)], [0, 1], `${name}, many: progress from 0 to 1`)
  same([...new Set(many.progress.filter((each) => each.stage === 'detect' || each.stage === 'encode').map((each) => each.pages))], [4], `${name}, many: of how many`)
  check(new Set(many.progress.map((each) => each.page)).size >= 4, `${name}, many: every page is told`)

  const chosen = await read(page, 'many.pdf', { pages: [3] })
  same(chosen.document.pages.length, 1, `${name}, chosen: one page`)
  sameTotals(chosen.document, native(sample('hardware.jpg')), `${name}, chosen`)
  const wrong = await page.evaluate(() => window.tools.outcome(window.tools.read('many.pdf', { pages: [4] })))
  check(wrong.error?.code === 'INVALID' && /4/.test(wrong.error.message), `${name}: a page that is not there, found ${JSON.stringify(wrong)}`)
}

await test(async (ends) => {
  const folder = temporaryFolder(ends)
  await make(folder, 'typed.pdf', [typed, 'kopitiam.jpg'])
  await make(folder, 'scanned.pdf', [scanned, 'hardware.jpg'])
  await make(folder, 'many.pdf', [typed, 'kopitiam.jpg'], [scanned, 'kopitiam.jpg'], [typed, 'grocer.jpg'], [scanned, 'hardware.jpg'])
  await inBrowser(ends, 'Chromium', chromium, folder)
  await inBrowser(ends, 'Firefox', firefox, folder)
})

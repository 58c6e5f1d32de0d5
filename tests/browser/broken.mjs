// Files that are damaged, empty, or something else: an error with a code and a sentence each, and the reader reads on.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PDFDocument } from 'pdf-lib'
import { bare, bring, check, chromium, firefox, native, open, root, same, sameDocument, sample, temporaryFolder, test } from './harness.mjs'

const jpeg = readFileSync(sample('kopitiam.jpg'))
const png = readFileSync(sample('boulangerie.png'))
const noise = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 2654435761) >>> 24))

/** A PNG that promises more pixels than anyone has memory for. */
function bomb() {
  const bytes = Buffer.from(png)
  bytes.writeUInt32BE(65_535, 16)
  bytes.writeUInt32BE(65_535, 20)
  return bytes
}

async function pdf() {
  const document = await PDFDocument.create()
  document.addPage([300, 400])
  return Buffer.from(await document.save())
}

const codes = {
  'empty.jpg': ['INVALID', 'UNSUPPORTED'],
  'header.jpg': ['INVALID'],
  'noise.jpg': ['INVALID', 'UNSUPPORTED'],
  'half.png': ['INVALID'],
  'bomb.png': ['LIMIT', 'INVALID'],
  'words.txt': ['INVALID', 'UNSUPPORTED'],
  'program.html': ['INVALID', 'UNSUPPORTED'],
  'head.pdf': ['INVALID'],
  'half.pdf': ['INVALID'],
  'hollow.webp': ['INVALID', 'UNSUPPORTED'],
}

await test(async (ends) => {
  const folder = temporaryFolder(ends)
  const put = (name, bytes) => writeFileSync(join(folder, name), bytes)
  put('empty.jpg', '')
  put('header.jpg', jpeg.subarray(0, 300))
  put('noise.jpg', Buffer.concat([jpeg.subarray(0, 4), noise]))
  put('half.png', png.subarray(0, png.length >> 1))
  put('bomb.png', bomb())
  put('words.txt', 'TOTAL 12.30')
  put('program.html', '<script>alert(1)</script>')
  put('head.pdf', '%PDF-1.7\n')
  put('half.pdf', Buffer.concat([(await pdf()).subarray(0, 200), noise]))
  put('hollow.webp', Buffer.concat([Buffer.from('RIFF\x10\0\0\0WEBPVP8 '), noise]))

  for (const [name, browser] of [['Chromium', chromium], ['Firefox', firefox]]) {
    const { url, browser: launched } = await open(ends, { folders: [...bare, folder, join(root, 'samples')], browser })
    const page = await bring(launched, url)
    for (const [file, expected] of Object.entries(codes)) {
      const { error, value } = await page.evaluate((file) => window.tools.outcome(window.tools.read(file)), file)
      check(error?.typed && expected.includes(error.code), `${name}, ${file}: expected ${expected}, found ${JSON.stringify(error ?? value.type)}`)
      check(error && error.message.length > 10 && !/\n/.test(error.message), `${name}, ${file}: one sentence, found ${JSON.stringify(error?.message)}`)
    }
    const { error } = await page.evaluate(() => window.tools.outcome(window.tools.reader.read(42)))
    same([error?.typed, error?.code], [true, 'INVALID'], `${name}: no document at all`)
    sameDocument(await page.evaluate(() => window.tools.read('kopitiam.jpg')), native(sample('kopitiam.jpg')), `${name}: a whole one after all of these`)
  }
})

// axe-core finds nothing serious in any state of the page, light, dark and as wide as a phone.
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { check, open, sample, samples, temporaryFolder, test } from './harness.mjs'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

await test(async (ends) => {
  const { url, browser } = await open(ends)
  const folder = temporaryFolder(ends)
  writeFileSync(join(folder, 'broken.jpg'), 'no picture')

  for (const colorScheme of ['light', 'dark']) {
    for (const viewport of [{ width: 1280, height: 860 }, { width: 390, height: 844 }]) {
      const where = `${colorScheme}, ${viewport.width} wide`
      const context = await browser.newContext({ colorScheme, viewport, bypassCSP: true, reducedMotion: 'reduce' })
      const page = await context.newPage()
      page.setDefaultTimeout(120_000)

      async function look(state) {
        await page.evaluate(axe)
        const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }))
        for (const { id, impact, help, nodes } of violations) {
          const places = nodes.slice(0, 3).map((node) => node.target.join(' ')).join(', ')
          if (['serious', 'critical'].includes(impact)) check(false, `${where}, ${state}: ${id} (${impact}): ${help}: ${places}`)
          else console.log(`${where}, ${state}: ${id} (${impact}): ${help}: ${places}`)
        }
        check(true, state)
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
        check(wide <= 0, `${where}, ${state}: nothing is wider than the window, found ${wide} pixels more`)
      }

      await page.goto(url)
      await page.getByRole('heading', { name: /Drop a receipt/ }).waitFor()
      await look('empty')
      await page.locator('input[type=file]').first().setInputFiles([...samples.slice(0, 2).map(sample), join(folder, 'broken.jpg')])
      await page.locator('progress').first().waitFor()
      await look('reading')
      await page.locator('.field').first().waitFor()
      await page.waitForFunction(() => document.querySelector('[data-state=failed]'))
      for (const summary of await page.locator('details > summary').all()) await summary.click()
      await look('read')
      await page.locator('.field .value').first().click()
      await look('correcting')
      await page.keyboard.press('Escape')
      await page.getByRole('button', { name: /^On this device/ }).click()
      await look('about')
      await page.keyboard.press('Escape')
      await page.locator('.cards .card').last().click()
      await page.locator('.sentence').waitFor()
      await look('failed')
      await context.close()
    }
  }
})

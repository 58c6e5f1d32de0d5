// No request of the page or the package goes to another host, whatever is done on it, and nothing is sent at all.
import { bare, bring, check, open, root, same, sample, samples, test, web } from './harness.mjs'
import { join } from 'node:path'

/** What all tabs and workers of a browser ask for, seen from outside: also what a service worker asks for. */
function listen(context) {
  const requests = []
  context.on('request', (request) => requests.push({ url: request.url(), method: request.method() }))
  return requests
}

const elsewhere = (requests, url) => requests.filter((request) => /^(https?|wss?):/.test(request.url) && !request.url.startsWith(url))

await test(async (ends) => {
  // A resolver that knows this machine alone would also do, but then a request would only fail; here it is counted.
  const { url, browser } = await open(ends, { folders: [web] })
  const context = await browser.newContext()
  const requests = listen(context)
  const page = await context.newPage()
  page.setDefaultTimeout(120_000)
  const refused = []
  page.on('console', (message) => { if (/Content Security Policy/i.test(message.text())) refused.push(message.text()) })
  await page.goto(url)
  await page.locator('input[type=file]').first().setInputFiles(samples.slice(0, 3).map(sample))
  await page.locator('.field').first().waitFor()
  await page.waitForFunction(() => document.querySelectorAll('[data-state=read], [data-state=doubt]').length >= 3)
  await page.locator('.field .value').first().click()
  await page.keyboard.type('PRIVATE LIMITED')
  await page.keyboard.press('Enter')
  await page.getByText('Corrected by you').waitFor()
  await page.reload()
  await page.getByRole('heading', { name: /Drop a receipt/ }).waitFor()
  same(elsewhere(requests, url), [], 'the page: requests to others')
  same(requests.filter(({ method }) => method !== 'GET'), [], 'the page: requests that send something')
  check(requests.length > 10, `the page: requests were seen, found ${requests.length}`)
  same(refused, [], 'the page: what its own policy refused')
  same(await context.cookies(), [], 'the page: cookies')

  // And the policy would refuse it.
  const { value } = await page.evaluate(() => fetch('https://example.com/').then(() => ({ value: 'sent' }), () => ({ value: 'refused' })))
  same(value, 'refused', 'the page: a request to another host')

  const other = await open(ends, { folders: [...bare, join(root, 'samples')] })
  const second = await other.browser.newContext()
  const asked = listen(second)
  const bareOne = await bring(second, other.url)
  await bareOne.evaluate(() => window.tools.read('kopitiam.jpg'))
  same(elsewhere(asked, other.url), [], 'the package: requests to others')
  check(asked.some((request) => /plait\.wasm$/.test(request.url)), 'the package: the binary was asked for')

  // A second page finds everything in Cache Storage, by digest.
  const again = await second.newPage()
  await again.goto(other.url)
  await again.waitForFunction(() => globalThis.tools)
  const info = await again.evaluate(() => window.tools.open())
  same(info.resources.fetched, 0, 'the package: files fetched the second time')
  check(info.resources.cached >= 8, `the package: files from the cache, found ${info.resources.cached}`)
})

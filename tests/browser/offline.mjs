// The page on a host that sets no headers: its service worker isolates it, keeps it, and it reads with the host gone.
import { check, chromium, native, same, sample, samples, serve, sameDocument, test, web } from './harness.mjs'

/** What the page offers as a file. */
async function saved(page) {
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save JSON' }).click()])
  const chunks = []
  for await (const chunk of await download.createReadStream()) chunks.push(chunk)
  return JSON.parse(Buffer.concat(chunks).toString('utf8'))
}

await test(async (ends) => {
  const server = await serve(web, { isolated: false })
  const browser = await chromium()
  ends(() => browser.close())
  const context = await browser.newContext()
  const page = await context.newPage()
  page.setDefaultTimeout(120_000)
  const loads = []
  page.on('load', () => loads.push(page.url()))
  await page.goto(server.url)
  await page.waitForFunction(() => crossOriginIsolated)
  same(loads.length <= 2, true, 'it is loaded once more at most, to be isolated')

  await page.getByRole('button', { name: /On this device/ }).click()
  await page.getByText('ready: it works without a network').waitFor()
  await page.locator('dialog.about dd').first().getByText(/thread/).waitFor() // the models may take longer than the store
  const about = await page.locator('dialog.about').innerText()
  check(/threads/.test(about) && /relaxed SIMD: the engine has it/.test(about), `what runs and why, found ${about}`)
  await page.keyboard.press('Escape')

  // Every context here is a private window, the one thing that a browser may hold against installing it.
  const devtools = await context.newCDPSession(page)
  const { installabilityErrors } = await devtools.send('Page.getInstallabilityErrors')
  same(installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== 'in-incognito'), [], 'what keeps it from being installed')

  // The host is gone, and so is the network.
  await server.close()
  await context.setOffline(true)
  await page.reload()
  same(await page.evaluate(() => crossOriginIsolated), true, 'isolated without a network')
  await page.locator('input[type=file]').first().setInputFiles([samples[0], samples[1]].map(sample))
  await page.locator('.field').first().waitFor()
  sameDocument(await saved(page), native(sample(samples[0])), 'read without a network')

  // A new tab too, and the models came from the store: nothing else could have given them.
  const other = await context.newPage()
  await other.goto(server.url)
  await other.getByRole('heading', { name: /Drop a receipt/ }).waitFor({ timeout: 60_000 })

  const { name, icons, start_url } = await other.evaluate(async () => (await fetch('manifest.webmanifest')).json())
  check(name && start_url && icons.length > 0, 'a manifest to install it by')
})

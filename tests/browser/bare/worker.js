// The package in a module worker of a page: reads what it is sent.
import { createPlait } from '/dist/web/index.js'

onmessage = async ({ data }) => {
  const plait = await createPlait()
  try {
    postMessage({ document: await plait.read(data) })
  } catch (error) {
    postMessage({ failure: `${error}` })
  } finally {
    await plait.close()
  }
}

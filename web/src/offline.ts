// The service worker: keeps the page for times without a network, and isolates it so that threads are possible.

/** Registers it.  True: the page is about to be loaded again, isolated this time. */
export async function registerServiceWorker(ready: () => void, mayReload: () => boolean): Promise<boolean> {
  if (!('serviceWorker' in navigator) || import.meta.env.DEV) return false
  const { serviceWorker } = navigator
  serviceWorker.addEventListener('message', (event) => { if (event.data === 'kept') ready() })
  try {
    await serviceWorker.register('./service-worker.js', { scope: './', updateViaCache: 'none' })
  } catch {
    return false // a private window, or a host without TLS: the page works, only not offline
  }
  await controlled(serviceWorker)
  // Once, and only while nothing is on the page that a person could lose.
  if (serviceWorker.controller && !crossOriginIsolated && !sessionStorage.getItem('isolating') && mayReload()) {
    sessionStorage.setItem('isolating', 'yes')
    location.reload()
    return true
  }
  serviceWorker.controller?.postMessage('keep')
  return false
}

const controlled = (serviceWorker: ServiceWorkerContainer) =>
  serviceWorker.controller
    ? Promise.resolve()
    : new Promise<void>((resolve) => {
      serviceWorker.addEventListener('controllerchange', () => resolve(), { once: true })
      setTimeout(resolve, 10_000) // one thread will do, until the page is opened again
    })

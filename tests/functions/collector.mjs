/** An OTLP/HTTP receiver of traces, on OpenTelemetry's own protocol buffers. It says its port, then a line of JSON for every
 *  batch: the spans as the protocol understands them, or what is wrong with them. */

import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { isDeepStrictEqual } from 'node:util'

const root = createRequire(import.meta.url)('@opentelemetry/otlp-transformer/build/src/generated/root')
const { ExportTraceServiceRequest, ExportTraceServiceResponse } = root.opentelemetry.proto.collector.trace.v1
const options = { longs: String, bytes: String, enums: Number, json: true }

/** JSON has ids in hexadecimal, where protocol buffers have base64. */
const rewrite = (value, from, to) =>
  JSON.parse(JSON.stringify(value), (key, inner) => (/^(traceId|spanId|parentSpanId)$/.test(key) ? Buffer.from(inner, from).toString(to) : inner))

function understand(body) {
  const given = JSON.parse(body, (key, value) => (value === 0 || value?.length === 0 ? undefined : value)) // which proto3 does not write
  const message = ExportTraceServiceRequest.fromObject(rewrite(given, 'hex', 'base64'))
  const problem = ExportTraceServiceRequest.verify(message)
  if (problem) throw new Error(problem)
  const decoded = ExportTraceServiceRequest.decode(ExportTraceServiceRequest.encode(message).finish())
  const understood = rewrite(ExportTraceServiceRequest.toObject(decoded, options), 'base64', 'hex')
  if (!isDeepStrictEqual(understood, given)) throw new Error(`what is understood is not what was sent: ${JSON.stringify(understood)} and ${body}`)
  return understood.resourceSpans.flatMap(({ resource, scopeSpans }) => scopeSpans.flatMap(({ scope, spans }) => spans.map((span) => ({ ...span, scope: scope.name, service: resource.attributes[0].value.stringValue }))))
}

const server = createServer(async (request, response) => {
  const pieces = []
  for await (const piece of request) pieces.push(piece)
  try {
    if (request.url !== '/v1/traces' || request.headers['content-type'] !== 'application/json') throw new Error(`${request.url}, ${request.headers['content-type']}`)
    console.log(JSON.stringify({ spans: understand(Buffer.concat(pieces).toString()) }))
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(ExportTraceServiceResponse.create().toJSON()))
  } catch (error) {
    console.log(JSON.stringify({ error: error.message }))
    response.writeHead(400).end()
  }
})
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })))

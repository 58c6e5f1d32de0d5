/** What functions/ gives to platforms is as their published types and schemas say: Kubernetes, KEDA, Knative, CloudFormation. */

import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const functions = join(here, '../../functions')
if (!existsSync(join(here, 'node_modules'))) {
  console.log('skipped: no packages: npm ci --prefix tests/functions')
  process.exit(77)
}
const require = createRequire(import.meta.url)
const { parseAllDocuments, parseDocument } = await import('yaml')

let checked = 0
let failed = 0
function check(holds, what) {
  checked++
  if (holds) return
  failed++
  console.log('FAILED:', what)
}

// ------------------------------------------------------------------ Kubernetes

/** The package and module that has the type; KafkaSource alone is published in none. */
function moduleOf(apiVersion) {
  const group = apiVersion.split('/')[0]
  if (group === 'keda.sh') return `@kubernetes-models/keda/${apiVersion}`
  if (group.endsWith('knative.dev')) return `@kubernetes-models/knative/${apiVersion}`
  return `kubernetes-models/${apiVersion}`
}

function documents(folder) {
  return readdirSync(join(functions, folder)).flatMap((file) => {
    const parsed = parseAllDocuments(readFileSync(join(functions, folder, file), 'utf8'))
    parsed.forEach(({ errors }) => check(errors.length === 0, `${folder}/${file}: ${errors[0]?.message}`))
    return parsed.map((each) => ({ where: `${folder}/${file}`, object: each.toJS() }))
  })
}

const objects = ['kubernetes', 'knative', 'cloud-run'].flatMap(documents)
const typed = objects.filter(({ object }) => object.kind !== 'KafkaSource')

/** Ranges, patterns and what must be there, by the schemas. */
for (const { where, object } of typed) {
  const { [object.kind]: Kind } = require(moduleOf(object.apiVersion))
  try {
    new Kind(object).validate()
    check(true)
  } catch (error) {
    check(false, `${where}: ${object.kind}: ${error.message}`)
  }
}

/** Names that nobody knows, by the types: a literal may not have others. */
function typecheck(list) {
  const folder = mkdtempSync(join(here, 'typed-'))
  try {
    const lines = list.map(({ object }, i) => `import type { I${object.kind} as T${i} } from '${moduleOf(object.apiVersion)}'\nexport const v${i}: T${i} = ${JSON.stringify(object)}\n`)
    writeFileSync(join(folder, 'objects.ts'), lines.join(''))
    const tsc = [require.resolve('typescript/bin/tsc'), '--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--moduleResolution', 'nodenext', join(folder, 'objects.ts')]
    return spawnSync(process.execPath, tsc, { encoding: 'utf8' }).stdout
  } finally {
    rmSync(folder, { recursive: true })
  }
}
const said = typecheck(
  typed.map(({ where, object }) => {
    const copy = structuredClone(object)
    if (where.startsWith('cloud-run')) delete copy.spec.template.spec.containers[0].startupProbe // Cloud Run's own
    return { where, object: copy }
  }),
)
check(said === '', `types: ${said}`)
const wrong = structuredClone(typed.find(({ object }) => object.kind === 'Deployment'))
wrong.object.spec.template.spec.readinesProbe = {}
check(/readinesProbe/.test(typecheck([wrong])), 'a name misspelt is found')

const source = objects.find(({ object }) => object.kind === 'KafkaSource').object.spec
check(['bootstrapServers', 'topics', 'consumerGroup', 'sink'].every((name) => source[name]?.length || source[name]?.ref), 'KafkaSource: what it must have')

// ------------------------------------------------------------------ what belongs together

const byKind = (kind) => objects.filter(({ object }) => object.kind === kind).map(({ object }) => object)
const pods = [...byKind('Deployment'), ...byKind('Service').filter(({ apiVersion }) => apiVersion.startsWith('serving'))]
for (const { metadata, spec } of pods) {
  const { name } = metadata
  const [container] = spec.template.spec.containers
  const probe = container.readinessProbe ?? container.startupProbe
  check(container.args[0] === 'serve' && probe.httpGet.path === '/v2/health/ready', `${name}: it serves, once it is ready`)
  check(container.ports[0].containerPort === 8080 && container.resources.limits.memory, `${name}: a port and limits`)
  const grace = Number(container.args[container.args.indexOf('--grace') + 1] || 25)
  const period = spec.template.spec.terminationGracePeriodSeconds
  check(period === undefined || period > grace + 5, `${name}: ${period} s are enough for ${grace} s of grace`)
  const shares = (spec.traffic ?? []).map(({ percent }) => percent)
  check(!spec.traffic || shares.reduce((a, b) => a + b) === 100, `${name}: shares ${shares} are all`)
}
for (const { metadata, spec } of byKind('Deployment')) {
  const { securityContext, containers } = spec.template.spec
  const secure = containers[0].securityContext
  check(securityContext.runAsNonRoot && secure.readOnlyRootFilesystem && !secure.allowPrivilegeEscalation && secure.capabilities.drop[0] === 'ALL', `${metadata.name}: as nobody, from files that cannot be changed`)
  check(Object.entries(spec.selector.matchLabels).every(([key, value]) => spec.template.metadata.labels[key] === value), `${metadata.name}: selects its own pods`)
  const [service] = byKind('Service').filter(({ apiVersion }) => apiVersion === 'v1')
  check(Object.entries(service.spec.selector).every(([key, value]) => spec.template.metadata.labels[key] === value), `${metadata.name}: is behind the service`)
}
const gpu = pods.filter(({ spec }) => spec.template.spec.containers[0].image.includes('plait-gpu'))
check(gpu.length === 3, `${gpu.length} for GPUs`)
for (const { metadata, spec } of pods) {
  const [{ args, resources }] = spec.template.spec.containers
  const asks = args.join(' ').includes('--backend cuda')
  check(asks === (resources.limits['nvidia.com/gpu'] === '1') && asks === gpu.some((each) => each.metadata === metadata), `${metadata.name}: it has a GPU when it asks for one`)
}
for (const { spec } of [...byKind('HorizontalPodAutoscaler'), ...byKind('ScaledObject')])
  check(byKind('Deployment').some(({ metadata }) => metadata.name === spec.scaleTargetRef.name), `scales ${spec.scaleTargetRef.name}, which is there`)
const metrics = readFileSync(join(here, '../../src/server/measure.c'), 'utf8')
for (const name of byKind('ScaledObject')[0].spec.triggers[0].metadata.query.match(/plait_\w+/g)) check(metrics.includes(`"${name}"`), `${name} is a metric of the server`)

// ------------------------------------------------------------------ CloudFormation

const { specification } = require('@aws-cdk/cfnspec')
const { ResourceTypes, PropertyTypes } = specification()
const intrinsics = ['Ref', 'Sub', 'GetAtt']
const tags = intrinsics.map((name) => ({ tag: `!${name}`, resolve: (text) => ({ [name === 'Ref' ? name : `Fn::${name}`]: text }) }))
const isIntrinsic = (value) => typeof value === 'object' && value !== null && Object.keys(value).length === 1 && /^(Ref|Fn::\w+)$/.test(Object.keys(value)[0])
const PRIMITIVES = { String: 'string', Integer: 'number', Double: 'number', Long: 'number', Boolean: 'boolean', Json: 'object' }

function checkProperties(where, resource, known, given) {
  for (const [name, { Required }] of Object.entries(known)) check(!Required || name in given, `${where}: expected ${name}`)
  for (const [name, value] of Object.entries(given)) {
    const about = known[name]
    check(about, `${where}: ${name} is unknown`)
    if (about) checkValue(`${where}.${name}`, resource, about, value)
  }
}

function checkValue(where, resource, { PrimitiveType, PrimitiveItemType, Type, ItemType }, value) {
  if (isIntrinsic(value)) return
  if (PrimitiveType) return check(typeof value === PRIMITIVES[PrimitiveType], `${where}: expected ${PrimitiveType}, found ${JSON.stringify(value)}`)
  if (Type === 'List' || Type === 'Map') {
    check(Type === 'Map' || Array.isArray(value), `${where}: expected a list`)
    for (const [key, item] of Object.entries(value)) checkValue(`${where}[${key}]`, resource, { PrimitiveType: PrimitiveItemType, Type: ItemType }, item)
    return
  }
  const found = PropertyTypes[`${resource}.${Type}`] ?? PropertyTypes[Type]
  check(found && typeof value === 'object', `${where}: expected ${Type}`)
  if (found?.Properties) checkProperties(where, resource, found.Properties, value)
}

const parsed = parseDocument(readFileSync(join(functions, 'lambda/template.yaml'), 'utf8'), { customTags: tags })
check(parsed.errors.length === 0 && parsed.warnings.length === 0, `lambda: ${[...parsed.errors, ...parsed.warnings][0]?.message}`)
const template = parsed.toJS()
for (const [name, { Type, Properties }] of Object.entries(template.Resources)) {
  check(ResourceTypes[Type], `${name}: ${Type} is a type`)
  checkProperties(name, Type, ResourceTypes[Type]?.Properties ?? {}, Properties)
}
const named = [...Object.keys(template.Resources), ...Object.keys(template.Parameters)]
for (const [, name] of JSON.stringify(template).matchAll(/"(?:Ref|Fn::GetAtt)":"([A-Za-z]+)/g)) check(named.includes(name) || name === 'AWS', `lambda: ${name} is there`)

console.log(`${checked} checks, ${failed} failed`)
process.exit(failed ? 1 : 0)

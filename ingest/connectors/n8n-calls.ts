import { clean } from './n8n-documents.ts'
import { given, type Json, objectOf, text } from '../payload/fields.ts'
import { classifyCall, statusOf } from '../otlp/outcome.ts'
import {
  durationOf,
  errorOf,
  isFinal,
  isOver,
  MOST_STEPS,
  nodeRuns,
  type NodeRun,
  type Run,
  saidBy,
  stepStatus,
  type Told,
} from './n8n-run.ts'
import type { PulledCall } from './port.ts'

/** Nodes that work inside of n8n: they call nobody. */
const INSIDE =
  /\.(?:set|if|switch|merge|code|function|functionItem|noOp|wait|filter|sort|limit|aggregate|splitOut|splitInBatches|itemLists|dateTime|crypto|html|xml|markdown|compareDatasets|removeDuplicates|renameKeys|summarize|stopAndError|respondToWebhook|executionData|executeWorkflow|start|stickyNote|editImage|compression|convertToFile|extractFromFile|\w*trigger|webhook|form)$/iu

/** The nodes of a run that were not told before as calls, and the run itself once it is over. */
export function callsOf(run: Run, before: Told): PulledCall[] {
  const calls: PulledCall[] = []
  for (const [node, runs] of nodeRuns(run.execution))
    for (const [index, step] of runs.entries())
      if (index >= (before.steps[node] ?? 0) && isOver(step) && calls.length < MOST_STEPS)
        calls.push(nodeCall(run, node, index, step))
  if (isFinal(run.status)) calls.push(runCall(run))
  return calls
}

function nodeCall(run: Run, node: string, index: number, step: NodeRun): PulledCall {
  const { type, parameters } = run.nodes.get(node) ?? { type: '', parameters: {} }
  const inside = type === '' || INSIDE.test(type)
  const found = inside ? { system: run.system, class: 'workflow' } : systemOf(run, node, type, parameters)
  const outcome = stepStatus(step)
  const error = saidBy(objectOf(step['error']))
  const verdict = {
    spanStatus: outcome === 'failed' ? 2 : outcome === 'ok' ? 1 : 0,
    http: outcome === 'failed' ? error.http : 0,
    rpc: '',
    outcome: outcome === 'cancelled' ? 'cancelled' : '',
    run: '',
    errorType: error.type,
    hasErrorType: error.type !== '',
    message: clean(error.message),
  }
  const status = statusOf(verdict)
  const classified = classifyCall(status, verdict, {
    code: '',
    system: found.system,
    systemClass: found.class,
    step: node,
    kind: 'node',
  })
  return {
    ...callOf(run),
    spanId: `${index}:${node}`.slice(0, 200),
    parentSpanId: 'run',
    startedAt: Math.round(Number(step['startTime']) * 1000),
    durationMs: durationOf(step),
    system: found.system,
    systemClass: found.class,
    kind: inside ? 'node' : 'connector',
    spanKind: inside ? 'internal' : 'client',
    operation: node.slice(0, 200),
    status,
    statusCode: verdict.http,
    errorType: outcome === 'ok' ? '' : error.type,
    message: outcome === 'ok' ? '' : clean(error.message),
    attempt: index + 1,
    class: classified.class,
    category: classified.category,
    reaction: classified.reaction,
    attributes: JSON.stringify(given({ node_type: type, workflow_id: run.workflowId })),
  }
}

function runCall(run: Run): PulledCall {
  const error = saidBy(errorOf(run.execution))
  const failed = run.status === 'error' || run.status === 'crashed'
  const verdict = {
    spanStatus: failed ? 2 : 0,
    http: 0,
    rpc: '',
    outcome: '',
    run: run.status,
    errorType: failed ? error.type : '',
    hasErrorType: failed && error.type !== '',
    message: failed ? clean(error.message) : '',
  }
  const status = statusOf(verdict)
  const classified = classifyCall(status, verdict, {
    code: '',
    system: run.system,
    systemClass: 'workflow',
    step: '',
    kind: 'workflow',
  })
  return {
    ...callOf(run),
    spanId: 'run',
    parentSpanId: '',
    startedAt: run.started,
    durationMs: Math.max(0, (run.stopped - run.started) / 1000),
    system: run.system,
    systemClass: 'workflow',
    kind: 'workflow',
    spanKind: 'internal',
    operation: run.workflow || run.workflowId,
    status,
    statusCode: 0,
    errorType: verdict.errorType,
    message: verdict.message,
    attempt: 0,
    class: classified.class,
    category: classified.category,
    reaction: classified.reaction,
    attributes: JSON.stringify(given({ workflow_id: run.workflowId, mode: text(run.execution['mode']) })),
  }
}

function callOf(run: Run) {
  const documents = run.objects.slice(1)
  return {
    traceId: run.name,
    reporter: run.system,
    workflow: run.workflow || run.workflowId,
    workflowRun: run.name,
    queue: '',
    documents: { types: documents.map(({ type }) => type), ids: documents.map(({ id }) => id) },
  }
}

/** The system that a node calls: by its name or address in the register, else the host that it asks, else the kind of node. */
function systemOf(run: Run, node: string, type: string, parameters: Json): { system: string; class: string } {
  const kind = type.slice(type.lastIndexOf('.') + 1)
  const url = text(parameters['url'])
  const host = URL.canParse(url) ? new URL(url).host : ''
  for (const name of [node, host, host.replace(/:\d+$/u, ''), kind, type]) {
    const known = name === '' ? null : run.resolve(name)
    if (known !== null) return known
  }
  return { system: (host || kind).slice(0, 200), class: '' }
}

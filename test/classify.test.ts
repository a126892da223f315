import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { classify, type ClassifyInput, compileRules, isBusinessException, isTechnicalFailure } from '../model/classify.ts'
import { CATEGORIES, RuleOverrides } from '../model/code-dictionary.ts'

const erp = { system: 'sap-eu', system_class: 'erp', actorKind: 'system' } as const
const silence = classify({
  activity: 'exception.raised',
  system: 'wms-feed',
  system_class: 'broker',
  outcome: { status: 'failed', code: 'FEED_SILENT' },
  exception: { id: 'EX-1', state: 'raised' },
})

type Expected = Partial<ReturnType<typeof classify>> & { verdict: string }

// "The same event twice" is not here: deduplicated before classification and counted in the ledger, it is proven with ingestion.
const CASES: Record<string, { input: ClassifyInput; expected: Expected }> = {
  'tax engine unreachable': {
    input: {
      activity: 'operation.failed',
      step: 'invoice.tax_check',
      system: 'tax-engine',
      system_class: 'tax',
      outcome: { status: 'failed', code: 'EHOSTUNREACH', message: 'tax engine unreachable' },
    },
    expected: {
      verdict: 'technical.unavailable',
      reaction: 'retry',
      persistence: 'transient',
      retryable: true,
      origin: 'vendor',
    },
  },
  'tax amount differs': {
    input: {
      activity: 'invoice.mismatched',
      step: 'invoice.tax_check',
      system_class: 'tax',
      outcome: { status: 'rejected', code: 'TAX_AMOUNT_MISMATCH', message: 'tax amount differs: 19.00 over 16.00' },
    },
    expected: { verdict: 'business.tax_coding', reaction: 'correct_data', retryable: false },
  },
  'ERP 422 "cost centre closed"': {
    input: { ...erp, activity: 'operation.failed', outcome: { status: 'failed', code: '422', message: 'Cost centre closed' } },
    expected: { verdict: 'business.master_data', reaction: 'correct_data', scope: 'case' },
  },
  'ERP 422 after a field-map change, many suppliers at once': {
    input: {
      ...erp,
      activity: 'operation.failed',
      outcome: { status: 'failed', code: '422', message: 'Cost centre closed' },
      context: { cluster: { connector: 'sap-eu', distinctSuppliers: 37, sinceMappingChange: true } },
    },
    expected: { verdict: 'technical.schema_mapping', reaction: 'fix_config', persistence: 'permanent', scope: 'connector' },
  },
  '401, expired credential': {
    input: { ...erp, activity: 'operation.failed', outcome: { status: 'failed', code: '401', message: 'credential expired' } },
    expected: { verdict: 'technical.auth', persistence: 'permanent', reaction: 'fix_config', retryable: false },
  },
  'the same invoice twice': {
    input: {
      ...erp,
      activity: 'exception.raised',
      outcome: { status: 'rejected', code: 'DUPLICATE_INVOICE' },
      exception: { state: 'raised' },
    },
    expected: { verdict: 'business.duplicate', reaction: 'decide' },
  },
  'approver absent': {
    input: {
      activity: 'exception.raised',
      step: 'approve_variance',
      system_class: 'workflow',
      outcome: { status: 'rejected', code: 'APPROVER_ABSENT', message: 'no delegate for u17' },
      exception: { state: 'raised' },
    },
    expected: { verdict: 'business.approval.stalled', reaction: 'decide' },
  },
  'approval mail bounced': {
    input: {
      activity: 'operation.failed',
      step: 'approval.notify',
      system: 'mail',
      system_class: 'collaboration',
      outcome: { status: 'rejected', code: '550', message: 'mailbox unavailable' },
    },
    expected: { verdict: 'technical.connector' },
  },
  'goods receipt missing because the warehouse feed is silent': {
    input: {
      activity: 'exception.raised',
      outcome: { status: 'rejected', code: 'RECEIPT_MISSING' },
      exception: { id: 'EX-2', state: 'raised', caused_by: 'EX-1' },
      context: { causedBy: silence },
    },
    expected: { verdict: 'technical.silence', suppressed: true, suppressed_verdict: 'business.match.receipt', caused_by: 'EX-1' },
  },
  'workflow run "success" whose last step rejected the request': {
    input: {
      activity: 'workflow_run.completed',
      system_class: 'workflow',
      outcome: { status: 'ok' },
      context: { lastStep: { step: 'manager decision', status: 'rejected' } },
    },
    expected: { verdict: 'business.approval.rejected', reaction: 'decide' },
  },
  "supplier's bank details failed validation": {
    input: {
      activity: 'onboarding.bank_verified',
      step: 'onboarding.bank_verify',
      outcome: { status: 'rejected', code: null, message: "supplier's bank details failed validation" },
    },
    expected: { verdict: 'business.master_data', reaction: 'correct_data' },
  },
  "an AI agent's extraction below its confidence floor": {
    input: {
      activity: 'invoice.captured',
      system_class: 'ai',
      actorKind: 'ai_agent',
      outcome: { status: 'ok' },
      ai: { kind: 'extraction', confidence: 0.71 },
      context: { confidenceFloor: 0.85 },
    },
    expected: { verdict: 'business.master_data', reaction: 'decide', retryable: false },
  },
}

for (const [name, { input, expected }] of Object.entries(CASES))
  test(`${name}: ${expected.verdict}`, () => {
    const { verdict, ...rest } = expected
    const result = classify(input)
    assert.equal(`${result.class}.${result.category}`, verdict, result.evidence.join('\n'))
    for (const [field, value] of Object.entries(rest)) assert.equal(result[field as keyof typeof result], value, field)
    assert.ok(result.evidence.length > 0, 'a verdict names its evidence')
    assert.ok(result.confidence > 0 && result.confidence <= 1)
  })

test('a suppressed consequence counts neither as a business exception nor as a second technical failure', () => {
  const consequence = classify(CASES['goods receipt missing because the warehouse feed is silent']?.input ?? {})
  assert.equal(isBusinessException(consequence), false)
  assert.equal(isTechnicalFailure(consequence), false)
  assert.equal(isTechnicalFailure(silence), true)
  assert.equal(
    isBusinessException(classify({ activity: 'exception.raised', outcome: { status: 'rejected', code: 'RECEIPT_MISSING' } })),
    true,
  )
})

test('a stall caused by the bounced approval mail is the mail connector’s', () => {
  const bounce = classify(CASES['approval mail bounced']?.input ?? {})
  const stall = classify({
    activity: 'exception.raised',
    outcome: { status: 'rejected', code: 'APPROVAL_STALLED' },
    exception: { state: 'raised', caused_by: 'EX-9' },
    context: { causedBy: bounce },
  })
  assert.equal(`${stall.class}.${stall.category}`, 'technical.connector')
  assert.equal(stall.suppressed_verdict, 'business.approval.stalled')
})

const verdict = (input: ClassifyInput, rules?: Parameters<typeof classify>[1]) => {
  const { class: named, category } = classify(input, rules)
  return category === '' ? named : `${named}.${category}`
}

test('the decision follows its order, whatever the source calls it', () => {
  const failed = (code: string, message = '', system_class = 'erp') =>
    verdict({ activity: 'operation.failed', system: 's', system_class, outcome: { status: 'failed', code, message } })
  const table: [string, string][] = [
    // 1. Explicit signals.
    [failed('BusinessRuleException', 'supplier blocked'), 'business.supplier.blocked'],
    [failed('UiPath.Core.BusinessRuleException'), 'business.unspecified'],
    [failed('ApplicationException', 'socket hang up'), 'technical.unavailable'],
    [failed('BPMN:PRICE_VARIANCE'), 'business.match.price'],
    [failed('BPMN_ERROR:ETIMEDOUT'), 'technical.timeout'],
    [verdict({ sourceType: 'com.acme.purchasing.business_exception', outcome: { code: 'BUDGET_EXCEEDED' } }), 'business.budget'],
    [verdict({ sourceType: 'io.camunda.incident', outcome: { code: 'JOB_NO_RETRIES' } }), 'technical.workflow_defect'],
    [
      verdict({ activity: 'x', outcome: { status: 'ok' }, explicit: { class: 'technical', category: 'timeout' } }),
      'technical.timeout',
    ],
    // 2. Codes.
    [failed('503'), 'technical.unavailable'],
    [failed('HTTP 429'), 'technical.rate_limit'],
    [failed('504 Gateway Timeout'), 'technical.timeout'],
    [failed('java.net.SocketTimeoutException'), 'technical.timeout'],
    [failed('econnreset'), 'technical.unavailable'],
    [failed('422', '', 'tax'), 'business.tax_coding'],
    [failed('422', '', 'gateway'), 'technical.schema_mapping'],
    [failed('422', 'unexpected field COSTC'), 'technical.schema_mapping'],
    [failed('400', 'budget exceeded by 12 %'), 'business.budget'],
    [failed('M8 504'), 'business.match.price'],
    [failed('KI/235'), 'business.master_data'],
    [failed('F5702'), 'business.unspecified'],
    [failed('MC 601'), 'technical.unavailable'],
    [failed('BP 999'), 'business.budget'],
    // The mistake of others: an integration error that calls itself a failed validation.
    [failed('TAX_VALIDATION_FAILED', 'tax validation failed due to integration error', 'tax'), 'technical.connector'],
    [failed('TAX_VALIDATION_FAILED', 'VAT id does not exist', 'tax'), 'business.tax_coding'],
    // 3. Verdicts.
    [verdict({ activity: 'requisition.rejected' }), 'business.approval.rejected'],
    [
      verdict({ activity: 'approval.decided', outcome: { status: 'rejected', message: 'price too high' } }),
      'business.approval.rejected',
    ],
    [
      verdict({
        activity: 'approval.decided',
        actorKind: 'human',
        outcome: { status: 'rejected', message: 'their portal timed out' },
      }),
      'business.approval.rejected',
    ],
    [verdict({ activity: 'requisition.budget_checked', outcome: { status: 'rejected' } }), 'business.budget'],
    [verdict({ activity: 'invoice.mismatched' }), 'business.unspecified'],
    [verdict({ activity: 'order pushed', system_class: 'gateway', outcome: { status: 'rejected' } }), 'unknown'],
    // 4. No verdict.
    [verdict({ activity: 'x', outcome: { status: 'timeout' } }), 'technical.timeout'],
    [verdict({ activity: 'x', outcome: { status: 'timeout', message: 'tax amount differs' } }), 'technical.timeout'],
    [failed(''), 'technical.connector'],
    [verdict({ activity: 'workflow_run.failed' }), 'technical.workflow_defect'],
    // 5. Time heals it.
    [verdict({ activity: 'x', outcome: { status: 'failed', code: 'ZZ_17', retryable: true } }), 'technical.unavailable'],
    // 6. Unknown stays unknown.
    [failed('ZZ_17', 'something odd'), 'unknown'],
    [failed('404'), 'unknown'],
    [verdict({ activity: 'exception.raised', exception: { state: 'raised' } }), 'unknown'],
    // Nothing went wrong.
    [verdict({ activity: 'invoice.posted', outcome: { status: 'ok', code: '200' } }), 'none'],
    [verdict({ activity: 'invoice.posted' }), 'none'],
    [verdict({ activity: 'po.cancelled', outcome: { status: 'cancelled' } }), 'none'],
    [verdict({ activity: 'exception.resolved', exception: { id: 'EX-1', state: 'resolved' } }), 'none'],
    [verdict({ activity: 'ai.suggested', outcome: { status: 'ok' }, ai: { kind: 'extraction', confidence: 0.99 } }), 'none'],
    [
      verdict({ activity: 'ai.acted', ai: { kind: 'extraction', confidence: 0.2, reviewer: 'u1', decision: 'accepted' } }),
      'none',
    ],
  ]
  for (const [index, [actual, expected]] of table.entries()) assert.equal(actual, expected, `row ${index + 1}`)
})

test('many suppliers do not turn an expired credential into a mapping error, nor a person’s decision', () => {
  const context = { cluster: { connector: 'sap-eu', distinctSuppliers: 40, sinceMappingChange: true } }
  assert.equal(verdict({ ...erp, outcome: { status: 'failed', code: '401' }, context }), 'technical.auth')
  assert.equal(
    verdict({
      activity: 'approval.decided',
      actorKind: 'human',
      outcome: { status: 'rejected', code: 'APPROVAL_REJECTED' },
      context,
    }),
    'business.approval.rejected',
  )
  const few = { cluster: { ...context.cluster, distinctSuppliers: 2 } }
  assert.equal(
    verdict({ ...erp, outcome: { status: 'failed', code: '422', message: 'cost centre closed' }, context: few }),
    'business.master_data',
  )
})

test('a tenant’s own codes decide for its systems only, and the version says so', () => {
  const rules = compileRules(
    RuleOverrides.parse({
      version: 'acme-3',
      codes: [
        { code: 'ZZ 17', category: 'business.contract.off' },
        { code: 'E-9', category: 'technical.queue.backlog', system: 'sap-eu' },
        { code: 'PRICE_VARIANCE', category: 'business.contract.off' },
      ],
      phrases: [{ phrase: 'Kostenstelle gesperrt', category: 'business.master_data' }],
    }),
  )
  const failed = (code: string, message = '', system = 'sap-eu') => ({ system, outcome: { status: 'failed', code, message } })
  assert.equal(verdict(failed('zz-17'), rules), 'business.contract.off')
  assert.equal(verdict(failed('E-9'), rules), 'technical.queue.backlog')
  assert.equal(verdict(failed('E-9', '', 'other'), rules), 'unknown')
  assert.equal(verdict(failed('PRICE_VARIANCE'), rules), 'business.contract.off')
  assert.equal(verdict(failed('ZZ_99', 'Die Kostenstelle gesperrt seit gestern'), rules), 'business.master_data')
  assert.match(classify(failed('E-9'), rules).rule_version, /\+acme-3$/u)
  assert.equal(RuleOverrides.safeParse({ version: '1', codes: [{ code: 'X', category: 'business.weather' }] }).success, false)
})

const TECHNICAL_CODES = [
  'ETIMEDOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'timeout',
  '401',
  '403',
  '408',
  '429',
  '500',
  '502',
  '503',
  '504',
]
const anyText = fc.option(
  fc.oneof(fc.string(), fc.constantFrom('cost centre closed', 'tax amount differs', 'price variance', 'duplicate')),
)
const surroundings = fc.record({
  activity: fc.constantFrom(
    'operation.failed',
    'invoice.matched',
    'exception.raised',
    'invoice.mismatched',
    'workflow_run.failed',
    'x',
  ),
  step: fc.option(fc.constantFrom('invoice.match', 'approve_variance', 'onboarding.bank_verify', 'tax')),
  system: fc.option(fc.constant('sap-eu')),
  system_class: fc.option(fc.constantFrom('erp', 'tax', 'gateway', 'workflow', 'payment', 'collaboration', 'ai')),
  actorKind: fc.option(fc.constantFrom('human', 'system', 'ai_agent')),
  message: anyText,
  retryable: fc.option(fc.boolean()),
})

test('a technical failure never raises the business exception rate, whatever surrounds it', () => {
  const technical = fc.oneof(
    fc.record({ status: fc.constantFrom('failed', 'timeout', 'rejected'), code: fc.constantFrom(...TECHNICAL_CODES) }),
    fc.record({ status: fc.constant('timeout'), code: fc.constant(null) }),
  )
  fc.assert(
    fc.property(surroundings, technical, ({ message, retryable, ...rest }, outcome) => {
      const result = classify({ ...rest, outcome: { ...outcome, message, retryable } })
      assert.equal(result.class, 'technical')
      assert.equal(isBusinessException(result), false)
    }),
    { numRuns: 2000, seed: 1 },
  )
})

test('a failed attempt keeps its class when a later retry heals it', () => {
  fc.assert(
    fc.property(
      surroundings,
      fc.constantFrom(...TECHNICAL_CODES),
      fc.integer({ min: 1, max: 9 }),
      ({ message, ...rest }, code, attempt) => {
        const failed = { ...rest, outcome: { status: 'failed', code, message } }
        assert.deepEqual(classify({ ...failed, operation: { id: 'post:1', attempt } } as ClassifyInput), classify(failed))
      },
    ),
    { numRuns: 300, seed: 2 },
  )
  assert.equal(verdict({ activity: 'operation.succeeded', ...erp, outcome: { status: 'ok' } }), 'none')
})

test('the same input always gives the same answer, and no JSON makes it fail', () => {
  const loose = fc.record(
    Object.fromEntries(
      [
        'activity',
        'sourceType',
        'step',
        'outcome',
        'exception',
        'system',
        'system_class',
        'actorKind',
        'ai',
        'explicit',
        'context',
      ].map((key) => [
        key,
        fc.oneof(
          fc.jsonValue(),
          fc.record({ status: fc.constantFrom('failed', 'rejected'), code: fc.jsonValue(), message: fc.jsonValue() }),
        ),
      ]),
    ),
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(fc.oneof(loose, fc.jsonValue()), (garbage) => {
      const once = classify(garbage as ClassifyInput)
      assert.deepEqual(classify(structuredClone(garbage) as ClassifyInput), once)
      assert.ok(['business', 'technical', 'unknown', 'none'].includes(once.class))
      if (once.class === 'business' || once.class === 'technical') assert.ok(CATEGORIES.has(`${once.class}.${once.category}`))
    }),
    { numRuns: 3000, seed: 3 },
  )
})

test('classification keeps up with ingestion: an event that ends well costs far below a microsecond', () => {
  const ok: ClassifyInput = { ...erp, activity: 'invoice.posted', sourceType: 'invoice.posted', outcome: { status: 'ok' } }
  const bad: ClassifyInput = {
    ...erp,
    activity: 'operation.failed',
    outcome: { status: 'failed', code: '422', message: 'Cost centre closed' },
  }
  const microseconds = (input: ClassifyInput) => {
    let best = Infinity
    for (let round = 0; round < 5; round += 1) {
      const started = performance.now()
      for (let turn = 0; turn < 20_000; turn += 1) classify(input)
      best = Math.min(best, ((performance.now() - started) * 1000) / 20_000)
    }
    return best
  }
  assert.ok(microseconds(ok) < 1)
  assert.ok(microseconds(bad) < 5)
})

/** The control taxonomy. */
export const CONTROL_CATEGORIES = [
  'authority',
  'threshold',
  'eligibility',
  'contract',
  'budget',
  'tax',
  'retention',
  'segregation',
  'exception',
  'AI',
] as const

/** How bad a violation is, the worst last. */
export const SEVERITIES = ['low', 'medium', 'high', 'critical'] as const

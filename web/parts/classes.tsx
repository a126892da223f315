import { categoryName } from '../category-name.ts'

/** The three classes that are shown apart everywhere. */
export type ExceptionClass = 'business' | 'technical' | 'unknown'

/** Names and meanings of the classes, in the order in which they stand. */
export const CLASS_NAMES: Readonly<Record<ExceptionClass, { name: string; short: string; meaning: string }>> = {
  business: { name: 'Business exceptions', short: 'Business', meaning: 'A decision or corrected data is needed' },
  technical: { name: 'Technical failures', short: 'Technical', meaning: 'A system could not reach a verdict' },
  unknown: { name: 'Unclassified', short: 'Unclassified', meaning: 'Waiting for triage; counted in neither rate' },
}

/** Whether a class is one of the three, and not `none`. */
export function isExceptionClass(value: string): value is ExceptionClass {
  return value in CLASS_NAMES
}

/** The shape that says a class without colour: a diamond decides, a broken plug fails, a ring is open. */
export function ClassGlyph({ of, size = 12 }: { of: ExceptionClass; size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 12 12" aria-hidden="true" className="glyph" data-class={of}>
      {of === 'business' && <path d="M6 .6 11.4 6 6 11.4.6 6z" fill="var(--class)" />}
      {of === 'technical' && (
        <path d="M1 1h10v10H1z M3.2 3.2l5.6 5.6M8.8 3.2 3.2 8.8" fill="none" stroke="var(--class)" strokeWidth="1.8" />
      )}
      {of === 'unknown' && (
        <circle cx="6" cy="6" r="4.6" fill="none" stroke="var(--class)" strokeWidth="1.8" strokeDasharray="2.2 1.6" />
      )}
    </svg>
  )
}

/** A class, and a category inside it, as a small badge. */
export function ClassBadge({ of, category }: { of: ExceptionClass; category?: string | undefined }) {
  return (
    <span className="class-badge" data-class={of} title={category === '' ? undefined : category}>
      <ClassGlyph of={of} size={10} />
      <span className="clip">
        {CLASS_NAMES[of].short}
        {category !== undefined && category !== '' && ` · ${categoryName(category)}`}
      </span>
    </span>
  )
}

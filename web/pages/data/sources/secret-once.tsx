import { CodeBlock } from '../../../parts/code-block.tsx'

/** A secret on the only occasion on which it is shown. */
export function SecretOnce({ secret }: { secret: string }) {
  return (
    <section className="secret-once" aria-label="Secret">
      <p>
        <strong>The secret, shown this once.</strong> Give it to the sender now; only its seal is kept here.
      </p>
      <CodeBlock code={secret} label="Secret" />
    </section>
  )
}

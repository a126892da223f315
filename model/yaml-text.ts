import { parseAllDocuments } from 'yaml'

/** A document of a YAML text, or why it cannot be read. */
export type YamlDocument = { content: unknown } | { problem: string }

/** Reads the documents of a YAML text; aliases that would make much of little are refused, as are those to nothing. */
export function yamlDocuments(text: string): YamlDocument[] {
  return parseAllDocuments(text, { prettyErrors: true }).map((document): YamlDocument => {
    const [error] = document.errors
    if (error !== undefined) return { problem: error.message.split('\n')[0] ?? error.message }
    try {
      return { content: document.toJS() as unknown }
    } catch (problem) {
      if (problem instanceof ReferenceError) return { problem: problem.message }
      throw problem
    }
  })
}

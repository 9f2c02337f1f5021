import { createHash } from 'node:crypto'
import { style } from '../view/style.ts'
import { form } from './content.ts'

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/**
 * The page as one file: its style and its script stand in it, and its policy lets nothing else run and nothing be loaded or sent.
 * @param script `app.ts`, bundled for browsers
 */
export function verifyPage(script: string): string {
  // Nothing in the script may end its element (HTML §4.12.1.3): in JavaScript the escape means the same within texts and expressions.
  const safe = script.replaceAll('</script', '\\x3c/script').replaceAll('<!--', '\\x3c!--')
  const policy = `default-src 'none'; script-src ${hashOf(safe)}; style-src ${hashOf(style)}; base-uri 'none'; form-action 'none'`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>Verify evidence of an audit log</title>
<style>${style}</style>
</head>
<body>
${form().text}
<script type="module">${safe}</script>
</body>
</html>
`
}

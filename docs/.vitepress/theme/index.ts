/// <reference types="vite/client" />
// The default theme without its font files: the reader's own fonts, and nothing is loaded for them.
import theme from 'vitepress/theme-without-fonts'
import './style.css'

// biome-ignore lint/style/noDefaultExport: VitePress asks for one.
export default theme

import { defineConfig, type Options } from 'tsup'
import { libraryBuild } from '../../scripts/library-build.ts'
import { writeVerifyPage } from '../../scripts/verify-page.ts'

/** As every library, and beside it the page that `phi audit page` hands out. */
export default defineConfig({ ...(libraryBuild() as Options), onSuccess: () => writeVerifyPage('dist/verify.html') })

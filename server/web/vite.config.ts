import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// Names carry no hash: dist/ is committed and compared with its sources, and the
// server answers with strong ETags. See web.go.
const names = {
  entryFileNames: "assets/[name].js",
  chunkFileNames: "assets/[name].js",
  assetFileNames: "assets/[name][extname]",
};

export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    // The build contains libraries; their licences go with it.
    license: { fileName: "licenses.txt" },
    rolldownOptions: { input: { app: "index.html" }, output: names },
  },
  worker: { format: "es", rolldownOptions: { output: names } },
  server: {
    proxy: { "/api": process.env.CLEW_URL ?? "http://127.0.0.1:4318" },
  },
  test: { include: ["src/**/*.test.ts"] },
});

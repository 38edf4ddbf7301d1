// What is looked for on pages, and waited for.

export const visible = (locator) => locator.waitFor({ state: "visible" });
/** Waits until nothing matches, however much did. */
export const gone = (locator) => locator.first().waitFor({ state: "detached" });

export const details = (page) => page.getByRole("complementary", { name: "Details of the selected span" });
export const row = (page, name) => page.locator(".row", { hasText: name });
export const names = (page) => page.locator(".row .span-name").allInnerTexts();

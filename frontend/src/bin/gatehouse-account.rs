//! The program of what a sign-in does not need, loaded apart: the account page, and forms that set a factor up.

#[cfg(target_arch = "wasm32")]
#[expect(unreachable_pub, reason = "what JavaScript calls is public")]
mod exports {
    use gatehouse_frontend::panel;
    use js_sys::Function;
    use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
    use web_sys::HtmlElement;

    /// A mounted account page.
    #[wasm_bindgen]
    pub struct AccountHandle(panel::Mounted);

    #[wasm_bindgen]
    impl AccountHandle {
        /// Takes the page out again.
        pub fn unmount(self) {
            drop(self.0);
        }
    }

    /// Draws the account page into an element of an app's page.
    #[wasm_bindgen(js_name = mountAccount)]
    pub fn mount_account(
        element: HtmlElement,
        options: JsValue,
        on_done: Function,
    ) -> Result<AccountHandle, JsValue> {
        panel::mount(element, options, on_done).map(AccountHandle)
    }

    /// Draws the account page as a page of its own.
    #[wasm_bindgen(js_name = startAccount)]
    pub fn start_account(element: HtmlElement) {
        panel::start(element);
    }
}

// What is drawn, and where, is asked for by name: the account, or a form in which a factor is set up.
fn main() {}

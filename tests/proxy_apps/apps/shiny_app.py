"""A Shiny app that knows nothing of Gatehouse."""

from shiny import App, Inputs, Outputs, Session, render, ui

app_ui = ui.page_fluid(
    ui.h1("Shiny"),
    ui.output_text("greeting"),
    ui.input_text("said", "Say something"),
    ui.output_text("heard"),
)


def server(input: Inputs, output: Outputs, session: Session) -> None:
    @render.text
    def greeting() -> str:
        return f"Hello {session.http_conn.headers.get('x-auth-name', 'nobody')}"

    @render.text
    def heard() -> str:
        return f"You typed {input.said()}."


app = App(app_ui, server)

"""One element of Streamlit at a time, by the name in the address; `plain` is all that needs no allowance."""

import base64
import io
import wave
from pathlib import Path

import altair as alt
import pandas as pd
import plotly.express as px
import plotly.graph_objects as go
import pydeck as pdk
import streamlit as st
import streamlit.components.v1 as components

DATA = pd.DataFrame({"a": [1, 2, 3], "b": [3.0, 1.0, 2.0], "c": list("xyz")})
PLACE = pd.DataFrame({"lat": [48.1], "lon": [11.5]})
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
SAYS_RAN = "document.getElementById('said').textContent = 'ran'"
DRAWING = "<svg xmlns='http://www.w3.org/2000/svg' width='40' height='40'><circle r='40'/></svg>"


def silence() -> bytes:
    held = io.BytesIO()
    with wave.open(held, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\0\0" * 8000)
    return held.getvalue()


def charts() -> None:
    cut = alt.param(name="cut", value=1, bind=alt.binding_range(min=0, max=3))
    shade = alt.condition("datum.a > cut", alt.value("red"), alt.value("blue"))
    chart = alt.Chart(DATA).mark_point().encode(x="a:Q", y="b:Q", color=shade, tooltip=["a"])
    st.altair_chart(chart.transform_calculate(z="sin(datum.a) * 2").add_params(cut))
    st.line_chart(DATA[["a", "b"]])
    st.plotly_chart(px.scatter(DATA, x="a", y="b", color="c"))
    st.plotly_chart(px.scatter_3d(DATA, x="a", y="b", z="b"))
    st.graphviz_chart("digraph { a -> b }")


def plain() -> None:
    st.set_page_config(page_title="Elements", page_icon="🎈")
    charts()
    st.dataframe(DATA)
    st.data_editor(DATA, num_rows="dynamic", key="edited")
    st.markdown(
        "$x^2$ :material/home: :smile: :red[red] <i style='color: red'>html</i>", unsafe_allow_html=True
    )
    st.latex(r"\int_0^1 x^2")
    st.code("print(1)", language="python")
    st.json({"a": [1, 2]})
    st.html("<style>p { color: green }</style><p style='color: blue'>html</p>")
    st.image(PIXEL)
    st.image(DRAWING)
    st.audio(silence())
    st.video(silence(), format="video/mp4", subtitles="WEBVTT\n\n00:00.000 --> 00:01.000\nhello")
    st.camera_input("Camera")
    st.audio_input("Microphone")
    st.file_uploader("Upload")
    st.download_button("Download", b"text", "text.txt")
    st.date_input("Day")
    st.color_picker("Color")
    st.slider("Number")
    st.chat_input("Say")
    st.feedback("stars")
    st.metric("Metric", 1, 1, chart_data=[1, 2, 3])
    st.balloons()
    components.declare_component("badge", path=Path(__file__).parent / "badge")()
    st.components.v2.component("card", html="<p>card</p>", css="p { color: red }")()


def st_map() -> None:
    st.map(PLACE)


def pydeck() -> None:
    layer = pdk.Layer("ScatterplotLayer", PLACE, get_position=["lon", "lat"], get_radius=2000)
    view = pdk.ViewState(latitude=48.1, longitude=11.5, zoom=8)
    st.pydeck_chart(pdk.Deck(map_style=None, initial_view_state=view, layers=[layer]))


def plotly_map() -> None:
    st.plotly_chart(px.scatter_map(PLACE, lat="lat", lon="lon"))


def plotly_outlines() -> None:
    st.plotly_chart(px.scatter_geo(PLACE, lat="lat", lon="lon"))


def plotly_many_points() -> None:
    st.plotly_chart(go.Figure(go.Scattergl(x=[1, 2, 3], y=[1, 2, 3], mode="markers")))


def component_html() -> None:
    components.html(f"<p id='said'>no</p><script>{SAYS_RAN}</script>")


def component_inline_js() -> None:
    js = "export default ({parentElement}) => { parentElement.querySelector('#said').textContent = 'ran' }"
    st.components.v2.component("inline", html="<p id='said'>no</p>", js=js)()


def html_with_javascript() -> None:
    st.html(f"<p id='said'>no</p><script>{SAYS_RAN}</script>", unsafe_allow_javascript=True)


def component_onclick() -> None:
    components.html("<p id='said' onclick=\"this.textContent = 'ran'\">no</p>")


def remote_image() -> None:
    st.markdown("![Picture](https://pictures.example.org/a.png)")


def remote_video() -> None:
    st.video("https://pictures.example.org/a.mp4")


def remote_frame() -> None:
    components.iframe("https://frames.example.org/")


def remote_data() -> None:
    st.altair_chart(alt.Chart("https://frames.example.org/a.json").mark_point().encode(x="a:Q"))


def icon_of_the_page() -> None:
    st.set_page_config(page_icon=":material/thumb_up:")


def injected() -> None:
    """What somebody wrote who may not write scripts, shown as it is."""
    payload = (
        "<img src=x onerror='window.top.pwned = 1'>"
        "<script>window.top.pwned = 2</script>"
        "<svg onload='window.top.pwned = 3'></svg>"
        "<iframe srcdoc='<script>window.top.pwned = 4</script>'></iframe>"
        "<iframe src='javascript:window.top.pwned = 5'></iframe>"
        "<a href='javascript:window.top.pwned = 6'>follow</a>"
    )
    st.html(payload, unsafe_allow_javascript=True)
    st.markdown(payload, unsafe_allow_html=True)


def injected_addresses() -> None:
    st.markdown(
        "<base href='https://evil.example/'><object data='/plugin'></object><embed src='/plugin'>",
        unsafe_allow_html=True,
    )


def uploads() -> None:
    page = b"<p id='said'>no</p><script>document.getElementById('said').textContent = self.origin</script>"
    for kind, data in {
        "image/svg+xml": DRAWING.replace("<circle", "<script>window.top.pwned = 1</script><circle").encode(),
        "text/html": page,
        "text/javascript": b"window.top.pwned = 2",
        "application/pdf": b"%PDF-1.4",
    }.items():
        # An uploaded file of any type, played back: its address is that of a media file.
        st.audio(data, format=kind)
    st.image("static/drawing.svg")


name = st.query_params.get("element", "plain")
globals()[name]()
st.write("Drawn to the end")

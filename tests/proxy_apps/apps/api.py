"""A FastAPI app that believes nothing but the token, which it checks with the published key."""

import os
from typing import Annotated, Any

import jwt
from fastapi import Depends, FastAPI, Header, HTTPException
from fastapi.responses import HTMLResponse

FRONT = os.environ["FRONT"]
keys = jwt.PyJWKClient(f"{FRONT}/_gatehouse/jwks.json")
app = FastAPI()

PAGE = """<!doctype html><html><head><title>API</title></head><body>
<h1>An API</h1><button>Who am I?</button><p></p>
<script>
document.querySelector("button").onclick = async () => {
  const answer = await fetch("/me");
  document.querySelector("p").textContent = answer.ok ? JSON.stringify(await answer.json()) : answer.status;
};
</script></body></html>"""


def person(x_auth_token: Annotated[str, Header()]) -> dict[str, Any]:
    try:
        key = keys.get_signing_key_from_jwt(x_auth_token)
        claims: dict[str, Any] = jwt.decode(
            x_auth_token,
            key,
            algorithms=["EdDSA"],
            audience=os.environ["AUDIENCE"],
            issuer=FRONT,
            options={"require": ["exp", "iat", "sub", "aud", "iss"]},
        )
    except jwt.PyJWTError as error:
        raise HTTPException(401, "Not signed in") from error
    return claims


@app.get("/", response_class=HTMLResponse)
def page() -> str:
    return PAGE


@app.get("/me")
def me(claims: Annotated[dict[str, Any], Depends(person)]) -> dict[str, Any]:
    return {name: claims.get(name) for name in ("username", "email", "roles", "aal")}


@app.get("/admin")
def admin(claims: Annotated[dict[str, Any], Depends(person)]) -> str:
    if "admin" not in claims["roles"]:
        raise HTTPException(403, "Only for administrators")
    return "The keys of the house"

"""fastapi-users with sessions in a database, as documented, and the same Argon2id as Gatehouse.

The database is named by `BENCH_DATABASE`, as SQLAlchemy's URL.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI
from fastapi_users import BaseUserManager, FastAPIUsers, UUIDIDMixin, schemas
from fastapi_users.authentication import AuthenticationBackend, CookieTransport
from fastapi_users.authentication.strategy.db import AccessTokenDatabase, DatabaseStrategy
from fastapi_users.password import PasswordHelper
from fastapi_users_db_sqlalchemy import SQLAlchemyBaseUserTableUUID, SQLAlchemyUserDatabase
from fastapi_users_db_sqlalchemy.access_token import (
    SQLAlchemyAccessTokenDatabase,
    SQLAlchemyBaseAccessTokenTableUUID,
)
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

SECRET = "a secret that is long enough for a benchmark"
HASHED = PasswordHelper(PasswordHash((Argon2Hasher(memory_cost=19456, time_cost=2, parallelism=1),)))


class Base(DeclarativeBase):
    """The tables."""


class User(SQLAlchemyBaseUserTableUUID, Base):
    """A person."""


class AccessToken(SQLAlchemyBaseAccessTokenTableUUID, Base):
    """A session."""


class Read(schemas.BaseUser[uuid.UUID]):
    """What is told of a person."""


class Create(schemas.BaseUserCreate):
    """What a registration says."""


engine = create_async_engine(os.environ["BENCH_DATABASE"])
sessions = async_sessionmaker(engine, expire_on_commit=False)


@event.listens_for(engine.sync_engine, "connect")
def with_write_ahead_log(connection: object, _record: object) -> None:
    """Write as Gatehouse does: a log ahead, and to the disk before it is said to be there."""
    if engine.dialect.name == "sqlite":
        cursor = connection.cursor()  # type: ignore[attr-defined]
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.close()


class Manager(UUIDIDMixin, BaseUserManager[User, uuid.UUID]):
    """Verifies passwords."""

    reset_password_token_secret = SECRET
    verification_token_secret = SECRET


async def session() -> AsyncIterator[AsyncSession]:
    """Lend a connection."""
    async with sessions() as lent:
        yield lent


async def manager(lent: AsyncSession = Depends(session)) -> AsyncIterator[Manager]:  # noqa: B008
    """Give who verifies."""
    yield Manager(SQLAlchemyUserDatabase(lent, User), HASHED)


async def tokens(lent: AsyncSession = Depends(session)) -> AsyncIterator[SQLAlchemyAccessTokenDatabase]:  # noqa: B008
    """Give where sessions are."""
    yield SQLAlchemyAccessTokenDatabase(lent, AccessToken)


def strategy(known: AccessTokenDatabase = Depends(tokens)) -> DatabaseStrategy:  # noqa: B008
    """Keep sessions in the database."""
    return DatabaseStrategy(known, lifetime_seconds=3600)


backend = AuthenticationBackend(
    name="database", transport=CookieTransport(cookie_secure=False), get_strategy=strategy
)
users = FastAPIUsers[User, uuid.UUID](manager, [backend])


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """Make the tables."""
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield


app = FastAPI(lifespan=lifespan)
app.include_router(users.get_auth_router(backend), prefix="/auth")
app.include_router(users.get_register_router(Read, Create), prefix="/auth")


@app.get("/session", response_model=Read)
async def current(user: User = Depends(users.current_user(active=True))) -> User:  # noqa: B008
    """Say who is signed in."""
    return user

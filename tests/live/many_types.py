# SPDX-License-Identifier: GPL-2.0-or-later
"""One object, or a few, of each of several hundred types: what exact_target.py keeps besides its own.

Each maker stands alone: what a version or a machine does not have is left out.
"""
import ast
import asyncio
import builtins
import codecs
import collections
import concurrent.futures
import contextlib
import contextvars
import csv
import ctypes
import datetime
import decimal
import email.message
import enum
import fractions
import functools
import hashlib
import hmac
import http.client
import http.cookiejar
import http.cookies
import importlib
import io
import ipaddress
import itertools
import json
import logging.handlers
import mmap
import multiprocessing
import numbers
import operator
import os
import pathlib
import pickle
import random
import re
import sched
import select
import shelve
import socket
import sqlite3
import ssl
import string
import struct
import sys
import symtable
import tempfile
import textwrap
import threading
import time
import tokenize
import types
import typing
import urllib.request
import weakref
import xml.etree.ElementTree as ET
import xml.parsers.expat
import xml.sax
import zipfile
import zlib

SOURCE = '''
import os as system, sys
from . import a
class C(Base, metaclass=Meta):
    "doc"
    x: int = 1
    def f(self, a, /, b=1, *c, d=2, **e) -> int:
        global g; nonlocal_ = [i for i in c if i]; s = {i for i in c}; m = {i: i for i in c}; n = (i for i in c)
        del a; assert b, "x"; raise KeyError from None
    async def h(self):
        async with a as b, c: await d
        async for i in j: yield i
        return not a or b and c if d else -e + ~f
while True:
    if a < b <= c != d is e is not f in g not in h == i > j >= k: break
    elif x: continue
    else: pass
for i in j:
    with open(i) as k: k[1:2, ...] //= 3; k.x @= 4; (w := 5)
else: lambda *a, k=1: (yield)
try: x = 1 - 2 * 3 / 4 % 5 ** 6 << 7 >> 8 | 9 ^ 10 & 11 // 12 @ 13
except (A, B) as e: print(f"{x!r:>{w}} text", *a, **{"k": [1, 2.5, b"x", None]})
else: x += 1
finally: yield_ = (yield from y)
'''
MATCH = "match x:\n case {'a': [1, *b], **c} | C(d, e=f) | 'g' | None if h: pass\n case _: pass\n"
GROUPS = "try: pass\nexcept* E: pass\n"
MODERN = "type A[T: int, *U, **P] = list[T]\ndef f[T](x: T): pass\n"
INTS = list[int] if sys.version_info >= (3, 9) else typing.List[int]


def quiet(*_, **__):
    """Something to call."""


class Raw(io.RawIOBase):
    def readinto(self, buffer):
        return 0

    def readable(self):
        return True


class Holder:
    pass


class Parts(ctypes.Structure):
    _fields_ = [("a", ctypes.py_object), ("b", ctypes.c_char_p), ("bits", ctypes.c_int, 3)]


class Either(ctypes.Union):
    _fields_ = [("a", ctypes.c_int), ("b", ctypes.c_float)]


class Big(ctypes.BigEndianStructure):
    _fields_ = [("a", ctypes.c_int)]


def parsed(source):
    return list(ast.walk(ast.parse(source)))


def steps(source):
    table = symtable.symtable(source, "<made>", "exec")
    return [table, table.get_children(), table.get_symbols(), table._table]


def expat():
    parser = xml.parsers.expat.ParserCreate()
    parser.StartElementHandler = lambda name, attributes: None
    parser.buffer_text = True
    return parser


def pull():
    parser = ET.XMLPullParser(["start", "end"])
    parser.feed("<a><b/>")
    return parser, ET.XMLParser(target=ET.TreeBuilder()), ET.fromstring("<a><b/><c/></a>").iter()


def exceptions():
    """Each built-in exception that takes a text, and those that take more."""
    made = [kind([1]) for kind in vars(builtins).values()
            if isinstance(kind, type) and issubclass(kind, Exception) and kind.__init__ in
            (Exception.__init__, OSError.__init__, ValueError.__init__)
            and kind.__name__ not in ("UnicodeError", "ExceptionGroup")]
    made += [UnicodeDecodeError("utf-8", b"abc", 0, 1, "why"), UnicodeEncodeError("utf-8", "abc", 0, 1, "why"),
             UnicodeTranslateError("abc", 0, 1, "why"), SyntaxError("why", ("file", 1, 2, "text")),
             StopIteration([1]), SystemExit([2]), KeyboardInterrupt(), GeneratorExit(), ImportError("x", name="n", path="p"),
             BlockingIOError(1, "x", 3), FileNotFoundError(2, "no", "one", None, "two"), StopAsyncIteration([1])]
    for code in ("undefined_name", "{}.nothing", "[][5]", "{}[1]", "1/0", "int('x')", "import_nothing()"):
        try:
            eval(code)
        except Exception as error:
            made.append(error)
    return made


def sessions():
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context()
    return incoming, context, context.wrap_bio(incoming, outgoing, server_hostname="host"), context.get_ciphers()


def tables():
    database = sqlite3.connect(":memory:", detect_types=sqlite3.PARSE_DECLTYPES)
    database.row_factory = sqlite3.Row
    database.create_function("f", 1, lambda x: x)
    database.create_aggregate("g", 1, Holder)
    database.create_collation("c", lambda a, b: 0)
    database.set_trace_callback(lambda text: None)
    database.set_authorizer(lambda *what: 0)
    database.set_progress_handler(lambda: 0, 1000)
    database.execute("create table t (a blob)")
    cursor = database.execute("insert into t values (zeroblob(9))")
    made = [database, cursor, database.execute("select a, f(1) from t")]
    if hasattr(database, "blobopen"):
        made.append(database.blobopen("t", "a", 1))
    return made


def loops():
    loop = asyncio.new_event_loop()

    async def waits(future):
        held = [future]
        async with asyncio.Lock():
            await future
        return held

    async def works():
        future = loop.create_future()
        tasks = [asyncio.ensure_future(waits(future)), asyncio.ensure_future(asyncio.sleep(1000, [1])),
                 asyncio.gather(loop.create_future(), return_exceptions=True)]
        await asyncio.sleep(0)
        return tasks, future, asyncio.Queue(), asyncio.Event(), asyncio.Semaphore(), asyncio.Condition()

    async def failing():
        raise KeyError([1])

    made = [loop, loop.run_until_complete(works()), loop.call_later(1000, quiet, [1]), loop.call_soon(quiet)]
    failed = loop.create_task(failing())
    with contextlib.suppress(KeyError):
        loop.run_until_complete(failed)
    future = loop.create_future()
    iterator = future.__await__()
    iterator.send(None)
    future.add_done_callback(quiet)
    future.add_done_callback(Holder)
    return made, failed, future, iterator


def iterators():
    d, o = {1: [2], 3: [4]}, collections.OrderedDict(a=[1], b=[2])
    made = [reversed(d), reversed(d.values()), reversed(d.items()), iter(d.values()), iter(d.items()), iter(o), reversed(o),
            o.keys(), o.values(), o.items(), iter(o.items()), iter(o.values()), iter(bytearray(b"x")), iter(memoryview(b"xy")),
            iter("t\u0416"), iter(range(3)), iter(range(10 ** 20)), reversed(range(5)), reversed((1, 2)),
            struct.iter_unpack("i", b"12345678"), re.finditer("a", "aaa"), re.compile("a").scanner("aaa"), csv.DictReader(["a,b"]),
            iter(collections.deque([1])), reversed(collections.deque([1])), itertools.tee([1], 3), os.walk("/"), os.scandir("/"),
            io.StringIO("a\nb"), iter(lambda: 1, 2), zip([1], [2]), map(str, [1], [2]), enumerate([[1]], 10 ** 30),
            contextvars.copy_context().items(), contextvars.copy_context().keys(), iter(contextvars.copy_context().values()), iter(contextvars.copy_context()), iter(types.MappingProxyType(d)),
            itertools.groupby([1, 1, 2]), [*itertools.groupby([1, 1])], itertools.islice(iter([1]), 1, 2),
            codecs.iterencode(["a"], "utf-8"), ET.fromstring("<a><b/></a>").itertext(), xml.sax.make_parser()]
    for used in (enumerate([[1], [2]]), zip([[1], [2]], "ab"), itertools.accumulate([[1], [2]], operator.add),
                 itertools.combinations([[1], [2], [3]], 2), itertools.product([[1], [2]], [3]), itertools.count(1, 2.5),
                 itertools.combinations_with_replacement([[1], [2]], 2), itertools.zip_longest([[1]], [2, 3], fillvalue=[9]),
                 itertools.groupby([[1], [1]]), itertools.cycle([[1], [2]]), itertools.permutations([[1], [2]])):
        next(used)
        made.append(used)
    if sys.version_info >= (3, 11):
        made.append(iter(INTS))
    if hasattr(itertools, "batched"):
        made.append(itertools.batched([1, 2, 3], 2))
    return made


def codings():
    made = [codecs.getincrementalencoder(name)() for name in ("shift_jis", "gb18030", "utf-16", "utf-8-sig", "ascii")]
    made += [codecs.getincrementaldecoder(name)() for name in ("shift_jis", "iso2022_jp", "utf-16", "cp1252", "utf-7")]
    made += [codecs.getreader("euc_jp")(io.BytesIO(b"x")), codecs.getwriter("big5")(io.BytesIO()), codecs.lookup("shift_jis"),
             codecs.open(os.devnull, "rb", "utf-8"), codecs.EncodedFile(io.BytesIO(), "utf-8"), importlib.import_module("_multibytecodec")]
    decoder = made[5]
    decoder.decode(b"\x83")
    return made


def hashes():
    made = [hashlib.new(name, b"x") for name in sorted(hashlib.algorithms_guaranteed)]
    for module in ("_md5", "_sha1", "_sha2", "_sha256", "_sha512", "_sha3", "_blake2"):
        with contextlib.suppress(ImportError):
            module = importlib.import_module(module)
            made += [make() for name, make in vars(module).items()
                     if name in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "shake_128", "blake2b", "blake2s")]
    return made + [hmac.new(b"k", b"m", "sha256"), zlib.compressobj(), zlib.decompressobj()]


def decompressing():
    import bz2
    import lzma

    stream = zlib.decompressobj()
    stream.decompress(zlib.compress(b"abc" * 1000), 10)
    made = [stream, bz2.BZ2Decompressor(), lzma.LZMACompressor(), lzma.LZMADecompressor(), bz2.BZ2File(io.BytesIO(), "w"),
            lzma.LZMAFile(io.BytesIO(), "w"), zipfile.ZipFile(io.BytesIO(), "w")]
    if hasattr(zlib, "_ZlibDecompressor"):
        made.append(zlib._ZlibDecompressor())
    return made


def threads():
    local = threading.local()
    local.x = [1]
    pool = concurrent.futures.ThreadPoolExecutor(1)
    stop, inside = threading.Event(), threading.Event()

    def stay(held):
        local.y = held
        inside.set()
        stop.wait()

    thread = threading.Thread(target=stay, args=([1],), daemon=True)
    thread.start()
    inside.wait()
    timer = threading.Timer(1000, quiet, [1])
    return (local, pool, thread, timer, threading.Barrier(2), threading.Semaphore(), threading.Lock(), threading.RLock(),
            threading.excepthook, concurrent.futures.Future(), stop)


def processes():
    made = [multiprocessing.get_context("spawn"), multiprocessing.Lock(), multiprocessing.Queue(), multiprocessing.Event(),
            multiprocessing.Pipe(), multiprocessing.Value("i", 1), multiprocessing.Array("d", 3), multiprocessing.Process(target=quiet)]
    return made


def foreign():
    number = ctypes.c_int(5)
    held = ctypes.py_object([1, 2])
    array = (ctypes.py_object * 3)([1], [2], [3])
    callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.py_object)(lambda a, b: 1)
    pointers = (ctypes.POINTER(ctypes.c_int) * 2)(ctypes.pointer(number))
    inner = ctypes.cast(pointers, ctypes.POINTER(ctypes.c_int))
    libc = ctypes.CDLL(None)
    libc.strlen.argtypes, libc.strlen.restype, libc.strlen.errcheck = [ctypes.c_char_p], ctypes.c_size_t, lambda *a: a
    new = ctypes.pythonapi.PyInstanceMethod_New
    new.argtypes, new.restype = [ctypes.py_object], ctypes.py_object
    return (number, held, array, callback, pointers, inner, libc, libc.strlen, Parts(held, b"x"), Either(1), Big(2), Parts.a, Parts.bits,
            ctypes.byref(number), ctypes.c_char_p(b"abc"), ctypes.c_wchar_p("abc"), ctypes.create_unicode_buffer(5), new(quiet),
            (Parts * 2)(), ctypes.pointer(Parts()), ctypes.c_void_p(1), ctypes.c_bool(1), ctypes.c_longdouble(1), memoryview(array))


def clocks():
    import zoneinfo

    zone = datetime.timezone(datetime.timedelta(hours=3), "name")
    made = [datetime.datetime(2020, 1, 1, tzinfo=zone), datetime.time(1, tzinfo=zone), datetime.timezone.utc, time.localtime(),
            datetime.datetime.now(zone).isocalendar(), datetime.timedelta(1, 2, 3), decimal.Context(), decimal.localcontext(),
            decimal.getcontext().flags, decimal.Decimal("1e500"), fractions.Fraction(1, 3), zone]
    with contextlib.suppress(Exception):
        made += [zoneinfo.ZoneInfo("Europe/Berlin"), zoneinfo.ZoneInfo.no_cache("UTC"),
                 datetime.datetime(2020, 1, 1, tzinfo=zoneinfo.ZoneInfo("UTC"))]
    return made


def typings():
    made = [typing.TypeVar("T", bound=int), typing.TypeVar("U", int, str), typing.Union[int, INTS],
            typing.Literal[1, "x"], typing.NewType("N", int), typing.ForwardRef("X"), typing.Callable[[int], str], typing.Any,
            typing.ClassVar[int], INTS]
    if sys.version_info >= (3, 9):
        made += [collections.abc.Callable[[int], str], typing.Annotated[int, [1]]]
    if hasattr(typing, "ParamSpec"):
        p = typing.ParamSpec("P")
        made += [int | INTS, p, p.args, p.kwargs, typing.Concatenate[int, p]]
    if hasattr(typing, "TypeVarTuple"):
        ts = typing.TypeVarTuple("Ts")
        made += [ts, typing.Unpack[ts], tuple[typing.Unpack[ts]]]
    if sys.version_info >= (3, 12):
        namespace = {}
        exec("type A[T: int, *U, **P] = list[T]\ndef f[T](x: T): return x\nclass G[T]: pass", namespace)
        made += [namespace, namespace["A"].__value__]
    return made


def suspended():
    async def numbers():
        held = [1]
        while True:
            yield held

    async def reader():
        async for x in numbers():
            await asyncio.sleep(1000)

    agen = numbers()
    thrown = numbers().athrow(KeyError, KeyError([1]), None) if sys.version_info < (3, 12) else numbers().athrow(KeyError([1]))
    made = [agen, numbers().asend([1]), thrown, numbers().aclose(), reader(), reader().__await__()]
    if sys.version_info >= (3, 10):
        made.append(anext(numbers(), [2]))

    def deep(n):
        if n:
            yield from deep(n - 1)
        try:
            raise KeyError([n])
        except KeyError:
            yield [n]

    nested = deep(3)
    next(nested)

    @types.coroutine
    def old():
        yield [1]

    running = old()
    running.send(None)
    return made, nested, running


def structures():
    import grp
    import pwd
    import resource

    return (os.stat("/"), os.statvfs("/"), os.times(), os.uname(), os.terminal_size((1, 2)), os.sched_getparam(0), pwd.getpwuid(0),
            grp.getgrgid(0), resource.getrusage(resource.RUSAGE_SELF), time.gmtime(), time.get_clock_info("time"), sys.get_asyncgen_hooks(),
            sys.float_info, sys.implementation, sys.hash_info, sys.thread_info, sys.flags)


def streams():
    file = tempfile.NamedTemporaryFile()
    text = io.TextIOWrapper(io.BytesIO(b"one\ntwo\n" * 10), encoding="latin-1", newline="")
    text.readline()
    text.tell()
    written = io.TextIOWrapper(io.BytesIO(), encoding="utf-16", write_through=False)
    written.write("abc")
    return (file, text, written, io.BufferedReader(Raw()), io.BufferedWriter(io.BytesIO(), 100), io.FileIO(os.devnull), io.StringIO("abc\r\n", newline=None),
            io.IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8")(), True), io.BytesIO(b"abc").getbuffer(), Raw(),
            mmap.mmap(-1, 4096), memoryview(mmap.mmap(-1, 4096)), os.popen("true"), socket.socketpair(), select.poll(), select.epoll(),
            tempfile.SpooledTemporaryFile(), shelve.Shelf({}), io.FileIO(os.devnull, "w"))


def packers():
    class Persistent(pickle.Pickler):
        def persistent_id(self, what):
            return None

    class Finding(pickle.Unpickler):
        def find_class(self, module, name):
            return list

    pickler = pickle.Pickler(io.BytesIO(), 5, buffer_callback=[].append)
    pickler.dump([[1], "text", {"k": (1, 2)}])
    unpickler = pickle.Unpickler(io.BytesIO(pickle.dumps([[1], "text"])))
    unpickler.load()
    return (pickler, pickler.memo, unpickler, unpickler.memo, Persistent(io.BytesIO()), Finding(io.BytesIO(b"x")),
            pickle.PickleBuffer(bytearray(9)), json.JSONEncoder().iterencode({"a": [1]}), json.encoder.c_make_encoder,
            json.decoder.JSONDecoder(object_hook=Holder), json.scanner.make_scanner(json.JSONDecoder()),
            json.encoder.c_make_encoder(None, Holder, json.encoder.encode_basestring, None, ": ", ", ", False, False, True))


def calls():
    class Described:
        "doc"
        __slots__ = ("a", "__dict__", "__weakref__")

        @property
        def p(self):
            "doc"

        @functools.cached_property
        def c(self):
            return [1]

        m = functools.partialmethod(quiet, 1)
        s = functools.singledispatchmethod(quiet)

    one = Described()
    one.c
    cached = functools.lru_cache(maxsize=3, typed=True)(lambda *a: list(a))
    cached(1), cached([].__len__()), cached("x"), cached(4)
    return (Described, one, one.__init__, one.__reduce__, Described.__dict__["a"], Described.__dict__["p"], Described.p.getter(len),
            one.__str__, object.__str__, {}.get, dict.fromkeys, dict.__dict__["fromkeys"], str.maketrans, type.__call__, one.__dir__, cached,
            cached.__get__(one), functools.partial(quiet, 1, sep=[2]), functools.partial(functools.partial(quiet, [1]), end=""),
            functools.cmp_to_key(lambda a, b: 0), functools.cmp_to_key(lambda a, b: 0)([1]), operator.itemgetter(1, [2]), operator.attrgetter("a.b", "c"),
            operator.methodcaller("a", 1, b=[2]), types.MethodType(quiet, [1]), types.SimpleNamespace(a=[1]), types.CellType([1]),
            classmethod(quiet), staticmethod(len), super(Described, one), weakref.ref(one, quiet), weakref.proxy(one), weakref.proxy(len),
            weakref.WeakMethod(types.MethodType(calls, HELD)), weakref.finalize(one, quiet, [1]), types.MappingProxyType({"a": [1]}),
            types.ModuleType("made", "doc"), types.DynamicClassAttribute(quiet), memoryview(bytearray(8)).cast("I"), slice([1], [2], [3]), range(10 ** 30),
            contextlib.ExitStack(), contextlib.suppress(KeyError), contextlib.nullcontext([1]), threading.local, sys._getframe(),
            compile("lambda: (yield)", "x", "eval"), types.FunctionType(calls.__code__, {}), random.Random(5), random.SystemRandom(), datetime.datetime_CAPI)


HELD = Holder()


def libraries():
    import _random
    import cProfile
    import unicodedata

    profile = cProfile.Profile()
    profile.enable()
    len("x")
    profile.disable()
    message = email.message.EmailMessage()
    message["To"] = "a@b"
    message.set_content("text")
    return (profile, _random.Random(), unicodedata.ucd_3_2_0, message, http.cookies.SimpleCookie("a=b"), http.client.HTTPConnection("h"),
            http.cookiejar.CookieJar(), urllib.request.Request("http://a/b"), urllib.request.build_opener(), ipaddress.ip_network("10.0.0.0/8"),
            ipaddress.ip_interface("10.0.0.1/8"), pathlib.Path("/a/b"), pathlib.PureWindowsPath("c:/a"), sched.scheduler(), string.Template("$a"),
            string.Formatter(), textwrap.TextWrapper(), tokenize.generate_tokens(io.StringIO("a = 1\n").readline), enum.Enum("Made", "A B").A,
            enum.IntFlag("MadeFlag", "A B").A, numbers.Number, logging.handlers.MemoryHandler(5), logging.handlers.QueueHandler(None),
            logging.LoggerAdapter(logging.getLogger("x"), {"a": [1]}), collections.UserList([[1]]), collections.UserString("x"),
            collections.namedtuple("Made", "a b")([1], 2), collections.Counter(a=1), collections.ChainMap({"a": [1]}), email.message.Message(),
            xml.sax.handler.ContentHandler(), importlib.import_module("zipimport"), sys.meta_path, sys.path_hooks)


def numeric():
    import numpy

    objects = numpy.array([[1], {"a": 2}, None, Holder()], dtype=object)
    fields = numpy.zeros(3, dtype=[("number", "i4"), ("thing", "O"), ("two", "O", 2)])
    fields["thing"] = [[1], [2], [3]]
    return (objects, objects.reshape(2, 2), objects[1:], fields, fields[0], numpy.ones(5), numpy.ones((3, 4)).T, numpy.dtype("f8"),
            fields.dtype, fields["thing"], numpy.float64(1), numpy.int8(3), numpy.str_("x"), numpy.bytes_(b"x"), numpy.datetime64("2020"),
            numpy.timedelta64(5, "s"), numpy.complex128(1), numpy.bool_(True), numpy.add, numpy.nditer([objects, objects], ["refs_ok"]),
            numpy.broadcast([1, 2], [[3]]), objects.flat, numpy.random.default_rng(1), numpy.random.RandomState(1), numpy.random.PCG64(),
            numpy.ma.array([1, 2], mask=[0, 1]), numpy.matrix([[1]]), numpy.rec.array([(1, "x")]), numpy.vectorize(len), numpy.poly1d([1, 2]),
            memoryview(numpy.ones(5)), numpy.frombuffer(bytearray(16)), numpy.array("x" * 10), numpy.ndindex(2, 2), numpy.errstate(all="ignore"),
            numpy.frompyfunc(lambda a: a, 1, 1), numpy.array([b"ab", b"c"]), numpy.void(b"abc"), numpy.finfo(float), numpy.iinfo(int))


def markup():
    from lxml import etree, html, objectify

    tree = etree.fromstring("<a x='1'><!-- c --><?p i?><b>t</b>&lt;</a>")
    return (tree, list(tree), tree.getroottree(), tree.attrib, etree.XPath("//b"), etree.XMLParser(), etree.HTMLParser(), tree.iter(), tree.iterchildren(),
            etree.XSLT(etree.fromstring("<xsl:stylesheet version='1.0' xmlns:xsl='http://www.w3.org/1999/XSL/Transform'/>")), etree.QName("a", "b"),
            etree.iterparse(io.BytesIO(b"<a/>")), etree.ElementTree(tree), html.fromstring("<p>x</p>"), objectify.fromstring("<a><b>1</b></a>"),
            etree.XPathEvaluator(tree), etree.TreeBuilder(), etree.CDATA("x"), etree.XMLSyntaxError("m", 1, 2, 3), etree.ErrorDomains, etree.DocInfo)


def mappers():
    import sqlalchemy
    from sqlalchemy import orm

    base = orm.declarative_base() if hasattr(orm, "declarative_base") else None
    table = type("Row", (base,), {"__tablename__": "r", "id": sqlalchemy.Column(sqlalchemy.Integer, primary_key=True)})
    engine = sqlalchemy.create_engine("sqlite://")
    base.metadata.create_all(engine)
    session = orm.Session(engine)
    session.add(table(id=1))
    session.commit()
    return base, table, engine, session, session.query(table).all(), sqlalchemy.select(table), session.execute(sqlalchemy.text("select 1")).fetchall()


def web():
    import django.conf
    import django.core.signals
    import django.db.models
    import django.http
    import django.template
    import django.utils.functional

    django.conf.settings.configure()
    return django.http.HttpRequest(), django.http.QueryDict(mutable=True), django.db.models.Q(a=1), django.utils.functional.lazy(str, str)("x")


MAKERS = [lambda: parsed(SOURCE), lambda: parsed(MATCH), lambda: parsed(GROUPS), lambda: parsed(MODERN), lambda: steps(SOURCE), expat, pull, exceptions, sessions, tables,
          loops, iterators, codings, hashes, decompressing, threads, processes, foreign, clocks, typings, suspended, structures, streams,
          packers, calls, libraries, numeric, markup, mappers, web]


def build(keep):
    """Gives each of them to keep(). Returns what could not be made, with the reason."""
    left_out = []
    for make in MAKERS:
        try:
            keep(make())
        except Exception as error:  # whatever another version says of what it has not
            left_out.append((make.__name__, repr(error)))
    return left_out

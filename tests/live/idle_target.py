# SPDX-License-Identifier: GPL-2.0-or-later
"""A program that has imported much and does nothing: prints "ready PID MODULES" and waits."""
import importlib
import os
import sys

MODULES = """abc argparse array ast asyncio base64 bdb binascii bisect bz2 calendar cmath cmd code codecs
collections colorsys compileall concurrent.futures configparser contextlib contextvars copy csv ctypes curses
dataclasses datetime decimal difflib dis doctest email.message enum errno fcntl filecmp fileinput fnmatch fractions
ftplib functools getopt getpass gettext glob graphlib gzip hashlib heapq hmac html.parser http.client http.cookies
http.server imaplib inspect io ipaddress itertools json keyword linecache locale logging.handlers lzma mailbox math
mimetypes mmap multiprocessing netrc numbers operator optparse pathlib pdb pickle pickletools pkgutil platform
plistlib poplib pprint profile pstats pty pyclbr queue quopri random re reprlib resource rlcompleter runpy sched
secrets select selectors shelve shlex shutil signal smtplib socket socketserver sqlite3 ssl stat statistics string
stringprep struct subprocess symtable sysconfig tarfile tempfile termios textwrap threading timeit token tokenize
trace traceback tracemalloc types typing unicodedata unittest.mock urllib.request uuid venv warnings wave weakref
webbrowser wsgiref.simple_server xml.dom.minidom xml.etree.ElementTree xml.sax xmlrpc.client zipapp zipfile zipimport
zlib zoneinfo""".split()
# Of Debian 12. Later NumPys leak the tuples of their loops: refcounts that nothing explains, and rightly so.
if sys.version_info[:2] == (3, 11):
    MODULES += "numpy numpy.ma lxml.etree lxml.objectify sqlalchemy.orm django.db.models django.http".split()

loaded = 0
for name in MODULES:
    try:
        importlib.import_module(name)
        loaded += 1
    except ImportError:
        pass
print("ready", os.getpid(), loaded, flush=True)
sys.stdin.read()

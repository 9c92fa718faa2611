# SPDX-License-Identifier: GPL-2.0-or-later
"""A small shop, whose sessions are never closed."""

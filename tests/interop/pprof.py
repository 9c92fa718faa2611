# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads a profile.proto as pprof does: fields in any order, unknown ones refused."""

import gzip

PROFILE = {1: "sample_type", 2: "sample", 4: "location", 5: "function", 6: "string", 9: "time", 14: "default_type"}


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7f) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def fields(data):
    """(number, value): an int, or bytes."""
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        value, at = varint(data, at)
        if tag & 7 == 2:
            value, at = data[at:at + value], at + value
        elif tag & 7:
            raise ValueError(f"wire type {tag & 7}")
        yield tag >> 3, value


def packed(data):
    at = 0
    while at < len(data):
        value, at = varint(data, at)
        yield value


class Profile:
    """stacks: {(frames, the outermost first): [objects, bytes]}; files: {name of a frame: (file, line)}."""

    def __init__(self, data):
        parts = {name: [] for name in PROFILE.values()}
        for number, value in fields(gzip.decompress(data)):
            parts[PROFILE[number]].append(value)
        strings = [text.decode() for text in parts["string"]]
        if strings[0] != "" or len(strings) != len(set(strings)):
            raise ValueError("string 0 is empty, and each is there once")
        self.types = [tuple(strings[value] for _, value in fields(each)) for each in parts["sample_type"]]
        self.default = strings[parts["default_type"][0]]
        functions = {part[1]: part for part in map(dict, map(fields, parts["function"]))}
        self.files, names = {}, {}
        for location in map(dict, map(fields, parts["location"])):
            line = dict(fields(location[4]))
            function = functions[line[1]]
            names[location[1]] = strings[function[2]]
            self.files[strings[function[2]]] = (strings[function.get(4, 0)], line.get(2, 0))
        self.stacks = {}
        for sample in map(dict, map(fields, parts["sample"])):
            stack = tuple(names[number] for number in packed(sample[1]))[::-1]
            sums = self.stacks.setdefault(stack, [0, 0])
            for i, value in enumerate(packed(sample[2])):
                sums[i] += value

    def total(self):
        return [sum(column) for column in zip(*self.stacks.values())]

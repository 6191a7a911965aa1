#!/usr/bin/env python3
"""Judges mail by another program's reading: every .eml below the given directories is read with Python's `email`.

    mail_judge.py [--except FILE] DIRECTORY...     judges; exit status 1 where there is a defect that nothing excuses
    mail_judge.py --must-fail DIRECTORY            judges itself: every file there must have the defect that it is named after

Every part is walked, every header field and every body is decoded, and all defects that come up are collected. An
exception is a line `PATTERN DEFECT REASON`: a pattern of the file's path below its directory, the name of the defect's
class (`*` is any), and why the mail is as it is. An exception that excuses nothing is a mistake, too.
"""

import argparse
import fnmatch
import sys
from email import policy
from email.parser import BytesParser
from pathlib import Path

# Fields that no mail may have twice (RFC 5322 §3.6), and those that none may lack.
ONCE = ["date", "from", "sender", "reply-to", "to", "cc", "bcc", "message-id", "in-reply-to", "references", "subject"]
NEEDED = ["date", "from"]


def text_of(part):
    """Decodes a body that is text; `get_content` would hide bytes that the charset does not have."""
    payload = part.get_payload(decode=True)
    if payload is None:
        return
    charset = part.get_content_charset("us-ascii")
    payload.decode(charset, "strict")


def defects(data):
    """The defects of a mail, as pairs of a class and what is to be said."""
    found = []

    def add(what, defect):
        found.append((type(defect).__name__ if isinstance(defect, Exception) else defect[0],
                      f"{what}: {defect if isinstance(defect, Exception) else defect[1]}"))

    if b"\n" in data.replace(b"\r\n", b""):
        add("mail", ("BareLineFeed", "a line ends with a line feed alone"))
    if b"\r" in data.replace(b"\r\n", b""):
        add("mail", ("BareCarriageReturn", "a carriage return without a line feed"))
    if any(len(line) > 998 for line in data.split(b"\r\n")):
        add("mail", ("LineTooLong", "a line has more than 998 octets (RFC 5322 §2.1.1)"))
    mail = BytesParser(policy=policy.default).parsebytes(data)
    names = [name.lower() for name in mail.keys()]
    for name in NEEDED:
        if name not in names:
            add("mail", ("MissingField", f"no {name} (RFC 5322 §3.6)"))
    for name in ONCE:
        if names.count(name) > 1:
            add("mail", ("FieldTwice", f"{name} stands there {names.count(name)} times (RFC 5322 §3.6)"))
    for number, part in enumerate(mail.walk()):
        what = f"part {number} ({part.get_content_type()})"
        for name, value in part.raw_items():
            # Reading a field through the policy is what finds its defects.
            try:
                value = part.policy.header_fetch_parse(name, value)
                str(value)
                list(getattr(value, "addresses", ()))
            except Exception as error:  # what the reader cannot bear is a defect
                add(f"{what}, {name}", error)
                continue
            # What an unstructured field has suffered is told by its tree alone.
            tree = getattr(value, "_parse_tree", None)
            for defect in dict.fromkeys([*getattr(value, "defects", ()), *getattr(tree, "all_defects", ())]):
                add(f"{what}, {name}", defect)
        if not part.is_multipart():
            try:
                if part.get_content_maintype() == "text":
                    text_of(part)
                part.get_content()
            except KeyError:
                pass  # a type for which the reader has nothing
            except Exception as error:
                add(f"{what}, body", error)
        # Last: decoding adds its own.
        for defect in part.defects:
            add(what, defect)
    return list(dict.fromkeys(found))


def exceptions(path):
    """The lines of the file of exceptions."""
    lines = Path(path).read_text(encoding="utf-8").splitlines() if path else []
    return [line.split(None, 2) for line in lines if line.strip() and not line.startswith("#")]


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    options.add_argument("--except", dest="excused", metavar="FILE")
    options.add_argument("--must-fail", action="store_true")
    options.add_argument("directories", nargs="+", type=Path)
    options = options.parse_args()
    excused = exceptions(options.excused)
    for line in excused:
        if len(line) != 3:
            sys.exit(f"{options.excused}: an exception has a pattern, a defect and a reason: {' '.join(line)}")
    used, files, wrong, missed = set(), 0, 0, []
    for directory in options.directories:
        for path in sorted(directory.rglob("*.eml")):
            name = path.relative_to(directory).as_posix()
            files += 1
            found = defects(path.read_bytes())
            if path.stem not in [kind for kind, _ in found]:
                missed.append(name)
            for kind, text in found:
                fits = [i for i, (pattern, defect, _) in enumerate(excused)
                        if fnmatch.fnmatch(name, pattern) and defect in ("*", kind)]
                used.update(fits)
                if not fits and not options.must_fail:
                    wrong += 1
                    print(f"{name}: {kind}: {ascii(text)[1:-1]}")
    unused = [" ".join(line) for i, line in enumerate(excused) if i not in used]
    for line in unused:
        print(f"{options.excused}: excuses nothing: {line}")
    if files == 0:
        sys.exit("there is no mail to judge")
    if options.must_fail:
        for name in missed:
            print(f"{name}: the judge does not see it")
        print(f"{files} bad mails, {files - len(missed)} seen through")
        sys.exit(1 if missed else 0)
    print(f"{files} mails, {wrong} defects that nothing excuses")
    sys.exit(1 if wrong or unused else 0)


if __name__ == "__main__":
    main()

"""Why a clip could not be used or a job stopped, in the reader's language: commands say it in English."""

from __future__ import annotations

import re

from django.utils.translation import gettext


def N_(sentence: str) -> str:
    """Marks a sentence for the catalogue."""
    return sentence


#: The sentences of generation/pack; what stands for a number or a name in them has a name here.
REASONS = (
    N_("it is not inside a system folder: move it into one"),
    N_("it is not a file"),
    N_("it is the same file as %(file)s"),
    N_("it is not a WAV, FLAC, MP3 or MIDI file"),
    N_("it is silent (below %(lufs)s LUFS once its channels are mixed to one)"),
    N_("it is silent for %(share)s of the time up to its last sound: cut the silence out"),
    N_("its highest peak stands %(crest)s dB above its loudness (a click?): remove the peak or compress it"),
    N_("it cannot be read as MIDI: export it again as standard MIDI"),
    N_("it has no note in its first %(seconds)s seconds (drums are not played)"),
    N_("it has the pitch %(pitch)s, outside the piano (%(lowest)s-%(highest)s): transpose it"),
    N_("it has %(rate)s samples a second, not 8,000 to 192,000: export it at 44,100"),
    N_("it cannot be decoded: export it again as WAV, FLAC or MP3"),
    N_("it holds values that are no numbers: export it again"),
    N_("it is clipped (%(share)s of its samples at full scale): export it at a lower level"),
    N_("it lasts %(length)s s, and %(least)s s is the least"),
    N_("it is empty"),
    N_("and %(number)s more"),
    N_("of %(system)s it has %(found)s clips and the study file asks for %(wanted)s"),
    N_("of practice clips it has %(found)s and the study file asks for %(wanted)s"),
)
#: The sentences with which the commands of a job end, so far as a researcher's files can bring them about.
FAULTS = (
    N_("%(file)s cannot be unpacked (%(reason)s): make the ZIP file again."),
    N_("%(file)s is neither a folder nor a ZIP file: pack the folders again."),
    N_("%(file)s has file names that cannot be read: pack the systems' folders again."),
    N_("%(file)s holds more than %(most)s GiB: shorten the clips or leave some out."),
    N_("%(file)s holds %(number)s files, and %(most)s is the most: leave some out."),
    N_("%(file)s holds %(name)s, which leads out of it: make the ZIP file again."),
    N_("%(file)s holds %(name)s both as a file and as a folder: rename one and pack it again."),
    N_("%(file)s is protected by a password: make the ZIP file again without one."),
    N_("%(file)s gives its system no plain name: rename it to small letters, digits and hyphens (at most 40)."),
    N_("%(file)s has no sub-folder: put the clips of each system into one, named after the system."),
    N_("%(file)s holds no clip that can be used (%(reasons)s)."),
    N_("A worker process was killed, possibly out of memory. Run the command again with fewer --workers."),
    N_("The pack does not fit the study file: %(reasons)s. The pack's systems: %(systems)s."),
    N_("There is a study %(slug)s already; choose another slug."),
    N_("%(study)s is not blind: %(fault)s"),
)
#: What the check of blinding finds (study/blinding), and why it may come to no end.
BLINDING = (
    N_("%(odd)s of %(all)s clips have %(found)s bytes, the others %(usual)s: %(mend)s."),
    N_("%(odd)s of %(all)s clips have %(found)s samples, the others %(usual)s: %(mend)s."),
    N_("%(odd)s of %(all)s clips have %(found)s samples a second, the others %(usual)s: %(mend)s."),
    N_("%(odd)s of %(all)s clips have %(found)s channels, the others %(usual)s: %(mend)s."),
    N_("%(odd)s of %(all)s clips have %(found)s as their format, the others %(usual)s: %(mend)s."),
    N_("%(odd)s of %(all)s clips have %(found)s as their tags, the others %(usual)s: %(mend)s."),
    N_("%(odd)s of %(all)s clips have other MP3 headers, frames or tags than the rest: %(mend)s."),
    N_("%(odd)s of %(all)s clips are %(what)s (the first is %(clip)s): %(mend)s."),
    N_("Replies of the kind %(kind)s differ between trials in %(what)s."),
    N_("The bytes of a clip that was sent differ from the stored clip."),
    N_("%(what)s, %(secret)s, appears in %(where)s of %(whose)s (%(path)s)."),
    N_("%(name)s (%(what)s) appears more often on some trial pages than on others."),
    N_("The %(feature)s separates the systems: p = %(p)s, in two sets of sessions."),
    N_("A session could not be played to the end. The last page was %(path)s."),
    N_(
        "A session could not be played: %(request)s answered %(status)s. Preview the study in the dashboard to see "
        "the page as an expert does."
    ),
    N_(
        "%(silent)s of %(all)s clips of %(study)s are silent for more than half of the time up to their last sound. "
        "Cut the silence or use other recordings, then create the pack and the study again."
    ),
    N_("A clip cannot be decoded (%(reason)s). Create the pack and the study again."),
    N_("%(file)s cannot be read (%(reason)s). Put the clip back, or create the study again."),
)
#: What stands for a name in those.
PARTS = (
    N_("create the pack again (generate_stimuli; for recordings, with --from), then the study"),
    N_("more than %(most)s LU from the others' %(usual)s LUFS"),
    N_("without a loudness"),
    N_("peaking above %(most)s dBTP"),
    N_("not beginning with %(length)s ms of silence"),
    N_("not ending with %(length)s ms of silence"),
    N_("the header %(names)s"),
    N_("the status %(one)s or %(other)s"),
    N_("the name of a system"),
    N_("a clip's id in the study"),
    N_("a clip's file name"),
    N_("a clip's entry in the pack"),
    N_("the study file's hash"),
    N_("the study plan's hash"),
    N_("the session plans' hash"),
    N_("the random seed of the session plans"),
    N_("the address or a header"),
    N_("the content"),
    N_("a clip"),
    N_("a trial page"),
    N_("a page"),
    N_("a script"),
    N_("the reply to a %(kind)s"),
)
TOLD_IN_WORDS = {"fault", "mend", "what", "where", "whose"}
#: Taking apart takes the more time the longer a text is, by its third power and more.
LONGEST = 2000
PLACE = re.compile(r"%\\\((\w+)\\\)s")


def in_the_readers_words(text: str) -> str:
    """A reason or a fault in the active language; as it is where it is none of these, or too long to be taken apart."""
    if len(text) > LONGEST:
        return text
    for sentence in (*REASONS, *FAULTS, *BLINDING, *PARTS):
        if found := re.fullmatch(PLACE.sub(r"(?P<\1>.+)", re.escape(sentence)), text):
            return gettext(sentence) % {name: _within(name, part) for name, part in found.groupdict().items()}
    return text


def _within(name: str, part: str) -> str:
    """What stands for a name in a sentence; reasons, each perhaps of a file, are told in the reader's words too."""
    if name == "reasons":
        return "; ".join(map(_reason_of_file, part.split("; ")))
    if name == "what" and part[0].isupper():  # the first word of its sentence
        told = in_the_readers_words(part[0].lower() + part[1:])
        return told[0].upper() + told[1:]
    return in_the_readers_words(part) if name in TOLD_IN_WORDS else part


def _reason_of_file(text: str) -> str:
    file, colon, reason = text.partition(": ")
    return f"{file}{colon}{in_the_readers_words(reason)}" if colon else in_the_readers_words(text)

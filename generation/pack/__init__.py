"""Packs: folders of loudness-matched clips with a manifest, the one thing generation hands to a study.

docs/packs.md describes the folder field by field. ``draw`` chooses clips of generators and songs, ``folder`` those of
anyone's recordings, which ``recordings`` reads; ``rendering`` and ``build`` make the pack, ``audition`` its page;
``check`` goes through a finished pack; ``systems`` finds the weights.
"""

"""Packs: folders of loudness-matched clips with a manifest, the one thing generation hands to a study.

docs/packs.md describes the folder field by field. ``draw`` chooses clips, ``build`` renders them, ``check``
goes through a finished pack, ``systems`` finds the weights.
"""

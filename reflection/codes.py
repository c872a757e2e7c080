"""The neutral words that stand for a case: birds, trees and stones."""

# Never initials or numbers that could be a record.
_NAMES = """
Alder Ash Aspen Avocet Basalt Beech Bilberry Birch Blackthorn Bracken Chalk Clover Curlew Dipper
Dunlin Elder Fern Fieldfare Finch Flint Gannet Gneiss Godwit Goldcrest Granite Hawthorn Hazel
Heather Heron Hornbeam Jasper Juniper Kestrel Kittiwake Knot Lapwing Larch Linnet Marl Martin
Medlar Merlin Nightjar Nuthatch Oak Onyx Osprey Pipit Plover Quartz Redstart Rowan Rush
Sandstone Sedge Shale Siskin Slate Snipe Sorrel Spruce Swift Tansy Teal Thrift Tuff Twite
Wheatear Whimbrel Willow Wren Yarrow Yew
"""
CASE_CODES = tuple(_NAMES.split())

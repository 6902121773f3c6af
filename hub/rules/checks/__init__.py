"""What TikTok Shop takes, one subject a file: texts, pictures, variants, barcodes, prices (`contracts/tiktok_shop.md` 7).

Each check answers problems, which hold a product back, or notes: what is left out or made fit, so that the rest can go.
"""

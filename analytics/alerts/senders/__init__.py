"""One module a kind of channel: a parcel in, an outcome out. Nothing here touches the database."""

"""Two-letter names of languages whose code here has three letters.

In: ISO 639. Out: ``TWO_LETTER``, used by tasks whose files carry ISO 639-1 names.
"""

from __future__ import annotations

from collections.abc import Mapping

from xstilts.catalogue.words import pairs

TWO_LETTER: Mapping[str, str] = pairs(
    "amh=am asm=as bak=ba bel=be bod=bo bos=bs cat=ca ces=cs cym=cy dan=da div=dv dzo=dz epo=eo ewe=ee fao=fo "
    "fij=fj ful=ff gle=ga glg=gl hau=ha hrv=hr hye=hy ibo=ig isl=is kan=kn kau=kr khm=km kin=rw kir=ky lao=lo "
    "lav=lv ltz=lb lug=lg mkd=mk mlg=mg mlt=mt mon=mn mri=mi nbl=nr nde=nd nep=ne nno=nn nob=nb nor=no nya=ny "
    "ori=or orm=om pus=ps san=sa sin=si slk=sk slv=sl smo=sm sna=sn snd=sd som=so sot=st sqi=sq srp=sr ssw=ss "
    "sun=su swe=sv tah=ty tat=tt tgk=tg tir=ti ton=to tsn=tn tso=ts tuk=tk uig=ug uzb=uz ven=ve xho=xh zul=zu"
)

"""The therapy around the pump: labels, courses, bag plans and the rules for interruptions.

Pure: no clock, no chance, no files, no patient data and no advice on doses. What is here restates published
texts, each with its source key and how sure it is (F read in the source, S secondary, D derived by
arithmetic, G general knowledge and unverified, X a choice of this project). Keys: QRG the CANO/ACIO quick
reference guide for adults (Canadian monograph of 27 February 2026), HK "From hospital to home" (MIMS
Oncology, 24 October 2025), BLI-... pages and labels of the maker, GEN a general drug page.
"""

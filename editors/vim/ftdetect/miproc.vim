" Programs of miproc.  MetaPost has the same ending: its files begin pictures.
"
" SPDX-License-Identifier: GPL-3.0-or-later
autocmd BufRead,BufNewFile *.mp
	\ if !search('^\s*\(beginfig\|beginchar\|verbatimtex\|endfor\)\>', 'nw')
	\ | set filetype=miproc | endif

" Comments, imports and layout of miproc programs.
"
" SPDX-License-Identifier: GPL-3.0-or-later
if exists('b:did_ftplugin')
	finish
endif
let b:did_ftplugin = 1

setlocal commentstring=//\ %s
setlocal comments=s1:/*,mb:*,ex:*/,://
setlocal formatoptions-=t formatoptions+=croql
setlocal noexpandtab shiftwidth=0
setlocal suffixesadd=.mp include=^\\s*import
setlocal define=^\\s*\\(const\\|data\\|enum\\|metric\\|model\\|module\\|param\\|program\\|retriever\\|signature\\|struct\\|tool\\|type\\)
if executable('miproc')
	setlocal formatprg=miproc\ fmt\ -
endif
compiler miproc

let b:undo_ftplugin = 'setlocal commentstring< comments< formatoptions<'
	\ . ' expandtab< shiftwidth< suffixesadd< include< define<'
	\ . ' formatprg< makeprg< errorformat<'

" :make shows the mistakes of a miproc program.
"
" SPDX-License-Identifier: GPL-3.0-or-later
if exists('current_compiler')
	finish
endif
let current_compiler = 'miproc'

CompilerSet makeprg=miproc\ check\ %:S
CompilerSet errorformat=%f:%l:%c:\ %trror:\ %m,%f:%l:%c:\ %tarning:\ %m,
	\%f:%l:%c:\ %tote:\ %m,%-G%.%#

" Indentation of miproc programs, as `miproc fmt` has it.
"
" SPDX-License-Identifier: GPL-3.0-or-later
if exists('b:did_indent')
	finish
endif
let b:did_indent = 1

setlocal indentexpr=MiprocIndent(v:lnum)
setlocal indentkeys=0{,0},0),0],!^F,o,O,e,0=with
let b:undo_indent = 'setlocal indentexpr< indentkeys<'

if exists('*MiprocIndent')
	finish
endif

" A bracket: what closes it, indentation of that and of what begins inside.
function s:Open(state, bracket, before, indent)
	let out = a:state.stack[-1]
	let base = a:indent
	let body = a:bracket ==# '{' && a:before !~# '^[=(,\[?:&|+<>]$'
		\ && a:before !=# 'return' && a:before !=# 'in'
		\ && a:before !=# 'case' && !a:state.list
	if body && out.kind !=# '('
		let base = out.content
	endif
	call add(a:state.stack, {'kind': body ? '{' : a:bracket ==# '{' ?
		\ ',' : '(', 'base': base, 'content': base + shiftwidth()})
	let a:state.start = a:bracket ==# '{'
	let a:state.list = a:state.list && !a:state.start
endfunction

" What a token of the code does to the state.
function s:Token(state, token, indent)
	let before = a:state.last
	let a:state.last = a:token
	if len(a:state.stack) == 1 && a:token =~# '^\(enum\|caps\)$'
		let a:state.list = 1
	endif
	if a:token =~# '^[{(\[]$'
		call s:Open(a:state, a:token, before, a:indent)
	elseif a:token =~# '^[})\]]$'
		if len(a:state.stack) > 1
			call remove(a:state.stack, -1)
		endif
		let a:state.start = a:token ==# '}'
			\ && a:state.stack[-1].kind !=# '('
	else
		let a:state.start = a:token ==# ';' || (a:token ==# ','
			\ && a:state.stack[-1].kind ==# ',')
	endif
endfunction

" Goes over a line.  A state is where that ended: in a comment or text block
" (what ends it), the open brackets, whether an item begins, the last token,
" whether the next braces are a list of names.
function s:Line(state, line, indent)
	let at = 0
	while at < len(a:line)
		if a:state.inside !=# ''
			let [_, _, end] = matchstrpos(a:line, a:state.inside,
				\ at)
			if end < 0
				return
			endif
			let at = end
			let a:state.inside = ''
			continue
		endif
		let [token, _, at] = matchstrpos(a:line, '^\s*\zs\(//.*\|/\*'
			\ . '\|"""\|"\([^"\\]\|\\.\)*"\=\|\h\w*\|\S\)', at)
		if at < 0
			return
		elseif token ==# '/*'
			let a:state.inside = '\*/'
		elseif token !~# '^//'
			let a:state.inside = token ==# '"""' ? '"""\+' : ''
			call s:Token(a:state, token, a:indent)
		endif
	endwhile
endfunction

" The state before a line: counted from the last line that nothing indents,
" and from where that was counted to last.
function s:Before(lnum)
	let first = a:lnum - 1
	while first > 1 && (getline(first) !~# '^[A-Za-z_#]'
		\ || synIDattr(synID(first, 1, 0), 'name') =~# 'Comment\|Block')
		let first -= 1
	endwhile
	let lines = first < 1 ? [] : getline(first, a:lnum - 1)
	let seen = get(b:, 'miproc_seen', {'first': -1})
	let n = seen.first == first ? len(seen.lines) : 0
	if n > 0 && n <= len(lines) && lines[: n - 1] ==# seen.lines
		let state = seen.state
	else
		let n = 0
		let state = {'inside': '', 'start': 1, 'last': '', 'list': 0,
			\ 'stack': [{'kind': '{', 'base': 0, 'content': 0}]}
	endif
	for i in range(n, len(lines) - 1)
		if first + i == 1 && lines[i] =~# '^#!'
			continue
		endif
		call s:Line(state, lines[i], indent(first + i))
	endfor
	let b:miproc_seen = {'first': first, 'lines': lines, 'state': state}
	return state
endfunction

function MiprocIndent(lnum)
	let state = s:Before(a:lnum)
	let inner = state.stack[-1]
	let line = getline(a:lnum)
	if state.inside !=# ''
		return -1
	elseif line =~# '^\s*[})\]]'
		return inner.base
	elseif inner.kind ==# '(' || state.start
		\ || line =~# '^\s*\(else\|with\)\>'
		\ || (line =~# '^\s*{' && state.last !~# '^[=(,\[]$')
		\ || (line =~# '^\s*\(in\|out\)\>' && state.last =~# '^"')
		return inner.content
	endif
	return inner.content + shiftwidth()
endfunction

" Programs of miproc.
"
" Lists of words are written by scripts/editors, from the compiler's.
"
" SPDX-License-Identifier: GPL-3.0-or-later
if exists('b:current_syntax')
	finish
endif

" Words of the language, where they are not names of fields or options.
syn match miprocWord /\<\h\w*\>/ transparent
	\ contains=miprocDeclaration,miprocStatement,miprocConditional,miprocRepeat,miprocConstant
" words: declaration
syn keyword miprocDeclaration contained caps const data enum import metric
syn keyword miprocDeclaration contained model module optimize param program
syn keyword miprocDeclaration contained retriever signature struct test tool
syn keyword miprocDeclaration contained type
" words: statement
syn keyword miprocStatement contained as break check continue expect fail in is
syn keyword miprocStatement contained let limit out parallel require retry
syn keyword miprocStatement contained return try tune with
" words: conditional
syn keyword miprocConditional contained case default else if switch
" words: repeat
syn keyword miprocRepeat contained for while
" words: constant
syn keyword miprocConstant contained false null true

" What is called.
syn match miprocCall /\<\h\w*\ze\s*(/
	\ contains=miprocStatement,miprocRepeat,miprocConditional
" words: module
syn match miprocModule /\<\(best_of\|chain_of_thought\|ensemble\|fallback\|majority\|multi_chain\|predict\|program_of_thought\|react\|refine\)\ze\s*(/
" words: function
syn match miprocFunction /\<\(abs\|all\|any\|bm25\|ceil\|chunk\|contains\|cosine\|count\|credit\|csv\|decided\|dedup\|embed\|ends_with\|env\|exact\|exec\|f1\|first\|flatten\|float\|floor\|format_rate\|http\|icontains\|index_of\|int\|is_text\|join\|json\|json_equal\|jsonl\|keys\|knn\|last\|len\|lines\|lower\|max\|mean\|mentions\|min\|normalize\|number\|numeric\|overlap\|pass_at\|precision\|put\|range\|recall\|regex_all\|regex_find\|regex_match\|regex_replace\|repeat\|replace\|reverse\|round\|slice\|sort\|split\|starts_with\|str\|substr\|sum\|take\|title\|trim\|upper\|values\|vote\|words\)\ze\s*(/

" Names of fields, options and variables: `name:`, `name =`, `.name`.
syn match miprocName /\<\h\w*\ze\(:\|\s*=\(=\)\@!\)/
syn match miprocMember /\.\@<!\.\s*\h\w*/
" words: type
syn match miprocType /\<\(audio\|bool\|file\|float\|image\|int\|map\|string\)\>:\@!/

" What is declared.
" words: declared
syn match miprocDeclared /\<\(const\|data\|enum\|metric\|model\|module\|optimize\|param\|program\|retriever\|signature\|struct\|tool\|type\)\s\+\h[0-9A-Za-z_.]*/ contains=miprocDeclaration

" words: attribute
syn match miprocAttribute /@\(alias\|assert\|check\|effect\|fence\|hidden\|len\|range\|regex\|stream\)\>/

syn match miprocNumber /\<\d\+\(\.\d\+\)\=\([eE][-+]\=\d\+\)\=\(ms\|s\|min\|h\|k\|K\|M\|usd\)\=\>/
syn match miprocNumber /\<\d\+\(\.\d\+\)\=%\ze\([^A-Za-z0-9_("]\|$\)/
syn match miprocEscape contained /\\\([nt"\\]\|u{\x\{1,6}}\|u\x\{4}\)/
syn match miprocBadEscape contained /\\\([nt"\\u]\)\@!./
syn region miprocString start=/"/ skip=/\\./ end=/"/ end=/$/ keepend
	\ contains=miprocEscape,miprocBadEscape,@Spell
syn region miprocBlock start=/"""/ end=/"""\+/ keepend contains=@Spell
syn match miprocComment +//.*+ contains=@Spell
syn region miprocComment start=+/\*+ end=+\*/+ contains=@Spell
syn match miprocComment /\%^#!.*/

syn sync fromstart

hi def link miprocDeclaration Structure
hi def link miprocDeclared    Typedef
hi def link miprocStatement   Statement
hi def link miprocConditional Conditional
hi def link miprocRepeat      Repeat
hi def link miprocConstant    Constant
hi def link miprocType        Type
hi def link miprocModule      Special
hi def link miprocFunction    Function
hi def link miprocName        Identifier
hi def link miprocAttribute   PreProc
hi def link miprocNumber      Number
hi def link miprocEscape      SpecialChar
hi def link miprocBadEscape   Error
hi def link miprocString      String
hi def link miprocBlock       String
hi def link miprocComment     Comment

let b:current_syntax = 'miproc'
